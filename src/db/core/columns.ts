/** A table's columns, declared once: the type of a row and the column list in SQL follow from the same object. */

/** Types of columns. The values are never read. */
export const TEXT: string = "";
export const TEXT_OR_NULL: string | null = null;
export const NUMBER: number = 0;
export const NUMBER_OR_NULL: number | null = null;

/** The columns as SQL, in the order of their declaration. */
export const columnList = (row: object): string => Object.keys(row).join(", ");
