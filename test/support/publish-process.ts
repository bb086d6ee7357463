import { bucketArtifacts } from '../../src/artifacts/bucket-artifacts';
import { parseBucketAddress } from '../../src/artifacts/address';
import { openBucket } from '../../src/artifacts/bucket';

/** Publishes a path, as a process that can be killed on the way: `publish-process.ts ROOT s3://… PATH`. */
const [root = '', address = '', path = ''] = process.argv.slice(2);
void bucketArtifacts(root, openBucket(parseBucketAddress(address))).publish(path);
