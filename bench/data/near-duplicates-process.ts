/** `node near-duplicates-process.js FILE`: finds the near-duplicates of a JSONL of prompts; prints its costs and the keepers' numbers to a file. */
import { createReadStream, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createNearDuplicates } from '../../src/prompts/near-duplicates/near-duplicates';
import { ownCosts } from '../process';

async function main([file = '', out = '']: string[]): Promise<void> {
  const duplicates = createNearDuplicates();
  const keepers: number[] = [];
  const began = performance.now();
  for await (const line of createInterface({ input: createReadStream(file) }))
    keepers.push(duplicates.add((JSON.parse(line) as { prompt: string }).prompt).keeper);
  const seconds = (performance.now() - began) / 1000;
  writeFileSync(out, Int32Array.from(keepers));
  console.log(JSON.stringify({ ...ownCosts(), seconds }));
}

void main(process.argv.slice(2));
