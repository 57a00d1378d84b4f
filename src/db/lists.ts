/** Where a page of a list that is sorted by (created_at, id), newest first, goes on. */
export interface Position {
  time: number;
  id: string;
}
