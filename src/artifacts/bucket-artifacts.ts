import { access, constants, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { randomUUID } from 'node:crypto';
import { allEnded } from '../all-ended';
import { messageOf, UserError } from '../errors';
import { exists, fileSha256, readJson, writePartsAtomic } from '../files';
import { piecesOf } from '../pieces';
import type { Artifacts } from './artifacts';
import type { Bucket, FileFacts } from './bucket';
import { filesIn, LISTING, listingText, parseListing, type FolderFiles } from './folder-files';
import { ROOT_FILE } from './root';

/** Files of a folder that are on their way at once. */
const AT_ONCE = 4;
/** Begins the end of a name that only what is not whole has. */
const UNFINISHED = '.fetching-';
/** What a killed download left is removed by the next one of the same path after so long. */
const LEFT_MS = 24 * 3600 * 1000;

/** Artifacts whose truth is a bucket: the folder `root` is a cache of it, under the same path on each host. */
export function bucketArtifacts(root: string, bucket: Bucket): Artifacts {
  const underWay = new Map<string, Promise<boolean>>();

  /** The key of what lies under the root; null for what does not, as a user's own model: that is left alone. */
  function keyOf(path: string): string | null {
    const below = relative(root, path);
    return below === '' || below.startsWith('..') ? null : below.split(sep).join('/');
  }

  async function publish(path: string): Promise<void> {
    const key = keyOf(path);
    if (key === null) return;
    const found = await stat(path);
    if (found.isDirectory()) await publishFolder(path, key);
    else await publishFile(path, key, { bytes: found.size, sha256: await fileSha256(path) });
  }

  async function publishFile(path: string, key: string, facts: FileFacts): Promise<void> {
    const there = await bucket.look(key);
    if (there?.bytes === facts.bytes && there.sha256 === facts.sha256) return;
    await bucket.upload(key, path, facts);
  }

  async function publishFolder(path: string, key: string): Promise<void> {
    const files = await filesIn(path);
    const listing = listingText(files);
    if ((await bucket.text(`${key}/${LISTING}`)) === listing) return;
    for (const some of piecesOf(Object.entries(files), AT_ONCE))
      await allEnded(some.map(([name, facts]) => publishFile(join(path, name), `${key}/${name}`, facts)));
    await bucket.write(`${key}/${LISTING}`, listing);
  }

  /** Whether it is here now. What is here and is what it should be costs no request. */
  async function bring(path: string, sha256: string | undefined): Promise<boolean> {
    const key = keyOf(path);
    if (key === null || (await holds(path, sha256))) return true;
    const running = underWay.get(path) ?? download(path, key, sha256).finally(() => underWay.delete(path));
    underWay.set(path, running);
    return (await running) || exists(path);
  }

  async function download(path: string, key: string, sha256: string | undefined): Promise<boolean> {
    await mkdir(dirname(path), { recursive: true });
    await removeLeft(path);
    const temporary = `${path}${UNFINISHED}${process.pid}-${randomUUID().slice(0, 8)}`;
    try {
      const listing = await bucket.text(`${key}/${LISTING}`);
      if (listing === null) {
        if (!(await downloadFile(temporary, key, sha256))) return false;
      } else await downloadFolder(temporary, key, parseListing(listing, bucket.shown(`${key}/${LISTING}`)));
      if (!(await holds(temporary, sha256)))
        throw new UserError(
          `${bucket.shown(key)} is not what the database names (sha256 differs). Restore it there, or roll back to make it anew.`,
        );
      await settle(temporary, path, sha256);
      return true;
    } finally {
      await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    }
  }

  async function downloadFolder(folder: string, key: string, files: FolderFiles): Promise<void> {
    await mkdir(folder);
    for (const some of piecesOf(Object.entries(files), AT_ONCE))
      await allEnded(
        some.map(async ([name, facts]) => {
          if (!(await downloadFile(join(folder, name), `${key}/${name}`, facts.sha256)))
            throw new UserError(
              `${bucket.shown(`${key}/${name}`)} is missing, which belongs to a published folder. Restore it there, or roll back to make it anew.`,
            );
        }),
      );
  }

  /** False where there is no such object. @throws UserError where it is not what was uploaded. */
  async function downloadFile(file: string, key: string, sha256: string | undefined): Promise<boolean> {
    const object = await bucket.open(key);
    if (object === null) return false;
    const { body, facts } = object;
    const wanted = sha256 ?? facts.sha256;
    const found = await writePartsAtomic(file, body as AsyncIterable<Uint8Array>);
    if (wanted !== null && found !== wanted)
      throw new UserError(
        `${bucket.shown(key)} is not what was published (sha256 differs; it has ${facts.bytes} bytes). Restore it there, or roll back to make it anew.`,
      );
    return true;
  }

  return {
    root,
    publish,
    async fetch(path, sha256) {
      if (await bring(path, sha256)) return;
      throw new UserError(
        `${path} is neither here nor in the bucket (${bucket.shown(keyOf(path) ?? '')}): whoever made it did not publish it. Run npx flywheel data publish RUN on the host that has it, or roll back to make it anew.`,
      );
    },
    fetchIfThere: (path) => bring(path, undefined),
    async id() {
      const here = await mkdir(root, { recursive: true })
        .then(() => access(root, constants.W_OK))
        .then(
          () => true,
          () => false,
        );
      if (!here) return null;
      return said(async () => {
        // Who may read may not be allowed to write, which would show after hours of training: the name that is there is written again.
        const known = await bucket.text(ROOT_FILE);
        await bucket.write(ROOT_FILE, known ?? `${randomUUID()}\n`, { once: known === null });
        return (await bucket.text(ROOT_FILE))?.trim() ?? null;
      });
    },
    look: () =>
      said(async () => {
        const known = await bucket.text(ROOT_FILE);
        return `${bucket.shown('')}, of which ${root} is a cache${known === null ? ' (the first worker marks it)' : ''}`;
      }),
  };
}

/** Asked before anything is spent, also what may pass by itself is said in its sentence alone. */
async function said<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new UserError(messageOf(error));
  }
}

/** Whether a path is here and is what it should be: a file by its sha256, a model's folder by its manifest's. */
async function holds(path: string, sha256: string | undefined): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found === null) return false;
  if (sha256 === undefined) return true;
  if (!found.isDirectory()) return (await fileSha256(path)) === sha256;
  const manifest = await readJson<{ sha256?: string }>(join(path, 'manifest.json')).catch(() => ({
    sha256: 'unreadable',
  }));
  return manifest?.sha256 === undefined || manifest.sha256 === sha256;
}

/** Gives a download its name, in the place of what was something else. Another process that was faster brought the same. */
async function settle(temporary: string, path: string, sha256: string | undefined): Promise<void> {
  if (await holds(path, sha256)) return;
  const old = `${temporary}.old`;
  await rename(path, old).catch(() => undefined);
  try {
    await rename(temporary, path);
  } catch (error) {
    if (!(await exists(path))) throw error;
  } finally {
    await rm(old, { recursive: true, force: true });
  }
}

async function removeLeft(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(path)}${UNFINISHED}`)) continue;
    const left = join(folder, name);
    const { mtimeMs } = await stat(left).catch(() => ({ mtimeMs: Infinity }));
    if (Date.now() - mtimeMs > LEFT_MS) await rm(left, { recursive: true, force: true });
  }
}
