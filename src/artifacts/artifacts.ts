import type { HomePaths } from '../embedded/paths';
import { exists } from '../files';
import { parseBucketAddress } from './address';
import { openBucket } from './bucket';
import { artifactsIdOf } from './root';
import { bucketArtifacts } from './bucket-artifacts';

/**
 * Datasets, checkpoints and the records of jobs, under one root folder whose path is the same on each host. Where a bucket is named it is
 * the shared truth and the folder a cache; otherwise the folder itself is shared, or there is one host only.
 */
export interface Artifacts {
  /** The root folder's absolute path. */
  readonly root: string;
  /**
   * What tells this root from another one of the same path; null where the folder cannot be written.
   * @throws UserError where the bucket cannot be read and written.
   */
  id(): Promise<string | null>;
  /**
   * Where it is, in words, having been looked at; changes nothing there.
   * @throws UserError where the bucket cannot be read.
   */
  look(): Promise<string>;
  /**
   * Makes a finished file or folder known to all hosts, whole or not at all, before anything names it. What is there already is not
   * uploaded again.
   */
  publish(path: string): Promise<void>;
  /**
   * Brings a published file or folder here, where it is missing or another one than `sha256` (a file's own, a model's folder's as its
   * manifest states) says. @throws UserError where it is nowhere, or is not what was published.
   */
  fetch(path: string, sha256?: string): Promise<void>;
  /** As `fetch`, for what need not be there; tells whether it is. */
  fetchIfThere(path: string): Promise<boolean>;
}

/** @throws UserError where `artifactsS3` is no address. */
export function createArtifacts({ artifacts, artifactsS3 }: Pick<HomePaths, 'artifacts' | 'artifactsS3'>): Artifacts {
  return artifactsS3 === null
    ? folderArtifacts(artifacts)
    : bucketArtifacts(artifacts, openBucket(parseBucketAddress(artifactsS3)));
}

/** Artifacts of a folder alone: what is in it is published. */
export function folderArtifacts(root: string): Artifacts {
  return {
    root,
    id: () => artifactsIdOf(root),
    look: () => Promise.resolve(root),
    publish: () => Promise.resolve(),
    fetch: () => Promise.resolve(),
    fetchIfThere: exists,
  };
}
