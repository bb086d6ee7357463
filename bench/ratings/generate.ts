import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { sfc32, uniform } from '../../src/arena/random';

export interface Size {
  name: string;
  models: number;
  battles: number;
  prompts: number;
}

/** Rows written at a time. */
const ROWS = 20_000;
/** Standard deviations of the models' strengths and of a model's own effect on each prompt, and the share of ties. */
const [STRENGTH, EFFECT, TIES] = [1, 0.4, 0.15];

/** Writes the same seeded battles as CSV and JSONL: normal strengths, an effect of each model on each prompt, ties. */
export async function writeBattles({ models, battles, prompts }: Size, csv: string, jsonl: string): Promise<void> {
  const random = sfc32(7);
  const normal = () => Math.sqrt(-2 * Math.log(uniform(random))) * Math.cos(2 * Math.PI * uniform(random));
  const below = (n: number) => Math.floor((random() / 2 ** 32) * n);
  const strengths = Array.from({ length: models }, () => STRENGTH * normal());
  const effects = new Float32Array(prompts * models).map(() => EFFECT * normal());
  const name = (model: number) => `model-${String(model).padStart(3, '0')}`;
  const files = [createWriteStream(csv), createWriteStream(jsonl)] as const;
  const write = async (file: (typeof files)[number], text: string) => {
    if (!file.write(text)) await once(file, 'drain');
  };
  await write(files[0], 'id,prompt_id,model_a,model_b,winner\n');
  for (let from = 0; from < battles; from += ROWS) {
    const rows: string[] = [];
    const objects: string[] = [];
    for (let id = from; id < Math.min(from + ROWS, battles); id++) {
      const a = below(models);
      const b = (a + 1 + below(models - 1)) % models;
      const prompt = below(prompts);
      const gap = strengths[a]! - strengths[b]! + effects[prompt * models + a]! - effects[prompt * models + b]!;
      const isTie = uniform(random) < TIES;
      const winner = isTie ? 'tie' : uniform(random) < 1 / (1 + Math.exp(-gap)) ? 'model_a' : 'model_b';
      const asked = `p${String(prompt).padStart(5, '0')}`;
      rows.push(`${id},${asked},${name(a)},${name(b)},${winner}\n`);
      objects.push(
        `{"id":${id},"prompt_id":"${asked}","model_a":"${name(a)}","model_b":"${name(b)}","winner":"${winner}"}\n`,
      );
    }
    await write(files[0], rows.join(''));
    await write(files[1], objects.join(''));
  }
  for (const file of files) {
    file.end();
    await once(file, 'finish');
  }
}
