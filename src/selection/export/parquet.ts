import type { TrainingRow } from '../rows';

/** A list of messages, as Parquet spells a list of structs. */
const messages = (name: string) =>
  [
    { name, repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', repetition_type: 'OPTIONAL', num_children: 2 },
    { name: 'role', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
    { name: 'content', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  ] as const;

/** Rows of one kind as Parquet: the conversation columns as lists of {role, content}, `meta` as JSON text. */
export async function parquetOf(rows: readonly TrainingRow[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const names = ['prompt', 'completion', 'chosen', 'rejected'].filter(
    (name) => rows[0] !== undefined && name in rows[0],
  );
  const columnData = [
    ...names.map((name) => ({ name, data: rows.map((row) => (row as unknown as Record<string, unknown>)[name]) })),
    { name: 'meta', data: rows.map(({ meta }) => JSON.stringify(meta)) },
  ];
  const schema = [
    { name: 'root', num_children: columnData.length },
    ...names.flatMap((name) => [...messages(name)]),
    { name: 'meta', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } as const,
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData, schema }));
}
