/** What the outbox needs of a database: pg's pools and clients fit. */
export interface Sql {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

export async function select<Row>(sql: Sql, text: string, values: unknown[] = []): Promise<Row[]> {
  return (await sql.query(text, values)).rows as Row[];
}
