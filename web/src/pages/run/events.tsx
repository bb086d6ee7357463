import { useState } from 'react';
import type { Events as Answer } from '../../../../src/dashboard/schemas/runs';
import { runPath, useApi } from '../../api';
import { clock } from '../../format';
import { Answered, Card, Empty } from '../../parts/basic';
import { Sentence } from '../../parts/pieces';

const PAGE = 20;
const STEP = 80;

/** What happened, the newest first. */
export function Events({ run }: { run: string }) {
  const [limit, setLimit] = useState(PAGE);
  const query = useApi<Answer>(runPath(run, '/events'), { limit });
  return (
    <Card title="Events">
      <Answered query={query} height={160}>
        {({ events, next }) =>
          events.length === 0 ? (
            <Empty title="Nothing happened yet" />
          ) : (
            <>
              <ol className="events">
                {events.map(({ id, at, kind, sentence }) => (
                  <li key={id}>
                    <time dateTime={at}>{clock(at)}</time>
                    <span className="kind">{kind}</span>
                    <Sentence>{sentence}</Sentence>
                  </li>
                ))}
              </ol>
              {next !== null && limit < 500 && (
                <button type="button" className="small" onClick={() => setLimit((now) => Math.min(500, now + STEP))}>
                  Older events
                </button>
              )}
            </>
          )
        }
      </Answered>
    </Card>
  );
}
