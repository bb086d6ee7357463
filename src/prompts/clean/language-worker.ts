/** A thread of `createLanguageCheck`: texts in, foreign languages out. */
import { parentPort, workerData } from 'node:worker_threads';
import { detectForeign } from './language';

const detector = detectForeign(String(workerData));

parentPort?.on('message', (texts: string[]) => {
  // Asked while the detector loads, answered in the same order: all wait for one promise.
  // eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  void detector.then((foreign) => parentPort?.postMessage(texts.map(foreign)));
});
