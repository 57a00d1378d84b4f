/**
 * The API key, or the operator's token, of a person who chose "stay signed in for this tab". `sessionStorage` belongs
 * to the tab and ends with it; without the choice it is in memory alone, and a reload asks for it again.
 */

const NAME = "spillway.key";

export const readKey = (): string | null => sessionStorage.getItem(NAME);
export const keepKey = (key: string): void => sessionStorage.setItem(NAME, key);
export const forgetKey = (): void => sessionStorage.removeItem(NAME);
