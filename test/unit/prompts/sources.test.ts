import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentId } from '../../../src/identity';
import { allOf, pickedFrom } from '../../../src/prompts/pages';
import { readPrompts } from '../../../src/prompts/read';
import { readSources, readWholeSources } from '../../../src/prompts/sources';
import { temporaryFolder } from '../../../src/embedded/temporary-folder';

const folder = temporaryFolder('sources');

function write(name: string, prompts: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, prompts.map((prompt) => JSON.stringify({ prompt })).join('\n'));
  return path;
}

const textsOf = (prompts: readonly { messages: { content: string }[] }[]) =>
  prompts.map(({ messages }) => messages[0]?.content);

describe('prompts of files', () => {
  it('come in pages as often as asked for, each text once, under the ids that were read first', async () => {
    const files = [
      write('a.jsonl', ['one', 'two', 'one', 'three']),
      write('b.jsonl', ['three', 'four', 'two', 'five', 'four']),
    ];
    const read = await readSources(null, files);
    expect(read.rows).toBe(5);
    for (let time = 0; time < 2; time++) {
      const all = await allOf(read);
      expect(textsOf(all)).toEqual(['one', 'two', 'three', 'four', 'five']);
      expect(all.map(({ id }) => id)).toEqual(read.ids);
    }
    expect(await readWholeSources(null, files)).toEqual({ prompts: await allOf(read), sources: read.sources });
    const own = await Promise.all(files.map((file) => readPrompts([file])));
    expect(read.sources).toEqual(
      files.map((source, at) => ({
        ...{ source, prompts: own[at]!.length },
        hash: contentId(own[at]!.map(({ id }) => id)),
      })),
    );
    expect(textsOf([...(await pickedFrom(read, [read.ids[3]!, read.ids[0]!, 'none'])).values()])).toEqual([
      'one',
      'four',
    ]);
  });

  it('are still those of the first reading where a file has grown, and an error where they are not', async () => {
    const [first, second] = [write('first.jsonl', ['one', 'two']), write('second.jsonl', ['three', 'four'])];
    const read = await readSources(null, [first, second]);
    write('first.jsonl', ['zero', 'one', 'two', 'three']);
    expect(textsOf(await allOf(read))).toEqual(['one', 'two', 'three', 'four']);
    write('first.jsonl', ['two', 'one']);
    await expect(allOf(read)).rejects.toThrow(
      `${first} changed while its prompts were read: the prompt ${read.ids[1]} is not in its place any more. Start again`,
    );
    write('first.jsonl', ['one', 'two']);
    write('second.jsonl', ['three']);
    await expect(allOf(read)).rejects.toThrow(/second\.jsonl changed while its prompts were read/);
  });

  it('are asked for where there are none', async () => {
    const path = join(folder, 'none.jsonl');
    writeFileSync(path, '\n[]');
    await expect(readSources(null, [path])).rejects.toThrow(/There is no prompt in .*none\.jsonl\. Give JSONL lines/);
    expect(await readWholeSources(null, [])).toEqual({ prompts: [], sources: [] });
  });
});
