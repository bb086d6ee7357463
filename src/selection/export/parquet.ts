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

/** Rows of a row group: what is held at a time. */
const GROUP = 10_000;

/**
 * Rows of one kind as the bytes of a Parquet file, a row group at a time: the conversation columns as lists of {role, content}, `meta`
 * as JSON text.
 */
export async function* parquetPieces(rows: AsyncIterable<TrainingRow>): AsyncGenerator<Uint8Array> {
  const { ByteWriter, ParquetWriter } = await import('hyparquet-writer');
  const bytes = new ByteWriter();
  const written = () => {
    const piece = new Uint8Array(bytes.getBuffer());
    bytes.index = 0;
    return piece;
  };
  let names: string[] = [];
  let file: InstanceType<typeof ParquetWriter> | null = null;
  let group: TrainingRow[] = [];
  const writeGroup = async () => {
    file ??= new ParquetWriter({ writer: bytes, schema: schemaOf(names) });
    await file.write({
      columnData: [
        ...names.map((name) => ({ name, data: group.map((row) => (row as unknown as Record<string, unknown>)[name]) })),
        { name: 'meta', data: group.map(({ meta }) => JSON.stringify(meta)) },
      ],
      rowGroupSize: GROUP,
    });
    group = [];
    return file;
  };
  for await (const row of rows) {
    if (file === null && group.length === 0) names = CONVERSATIONS.filter((name) => name in row);
    if (group.push(row) < GROUP) continue;
    await writeGroup();
    yield written();
  }
  await (await writeGroup()).finish();
  yield written();
}

const CONVERSATIONS = ['prompt', 'completion', 'chosen', 'rejected'];

const schemaOf = (names: readonly string[]) => [
  { name: 'root', num_children: names.length + 1 },
  ...names.flatMap((name) => [...messages(name)]),
  { name: 'meta', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } as const,
];
