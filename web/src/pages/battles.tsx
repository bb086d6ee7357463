import { Link, useParams } from 'react-router';
import type { BattleChoices, BattleRow, Battles } from '../../../src/dashboard/schemas/battles';
import type { Outcome } from '../../../src/dashboard/schemas/common';
import { runPath, useApi } from '../api';
import { grouped, signed } from '../format';
import { Answered, Badge, Card, Choice, Empty, Name } from '../parts/basic';
import { Pager } from '../parts/pager';
import { OUTCOME_TONES } from '../parts/status';
import { Table } from '../parts/table';
import { TextLine } from '../parts/texts';
import { useUrlState } from '../parts/url';

const OUTCOMES: Outcome[] = ['win', 'loss', 'tie', 'inconsistent', 'invalid', 'failed'];
const FILTERS = ['arena', 'purpose', 'player', 'opponent', 'outcome', 'category', 'margin'] as const;

/** Battles by who met, how it ended, margin and category. */
export function BattlesPage() {
  const { run = '' } = useParams();
  const url = useUrlState();
  const filters = Object.fromEntries(FILTERS.map((name) => [name, url.get(name)]));
  const choices = useApi<BattleChoices>(runPath(run, '/battle-choices'));
  const query = useApi<Battles>(runPath(run, '/battles'), { ...filters, after: url.get('after') });
  const choose = (name: string, value: string) =>
    url.set({ [name]: value, after: null, ...(name === 'player' && value === '' ? { opponent: null } : {}) });
  return (
    <>
      <div className="page-head">
        <h1>Battles</h1>
      </div>
      <Filters choices={choices.data} get={url.get} choose={choose} />
      <Answered query={query} height={500}>
        {({ battles, next }) => (
          <Card className={`flush ${query.isPlaceholderData ? 'stale' : ''}`}>
            {battles.length === 0 ? (
              <Empty
                title={FILTERS.some((name) => url.get(name) !== '') ? 'No battle is so' : 'No battle was planned yet'}
              >
                {FILTERS.some((name) => url.get(name) !== '') && (
                  <button
                    type="button"
                    onClick={() => url.set(Object.fromEntries([...FILTERS, 'after'].map((name) => [name, null])))}
                  >
                    Clear the filters
                  </button>
                )}
              </Empty>
            ) : (
              <BattleTable run={run} battles={battles} />
            )}
            <Pager next={next} />
          </Card>
        )}
      </Answered>
    </>
  );
}

interface FilterProps {
  choices: BattleChoices | undefined;
  get: (name: string) => string;
  choose: (name: string, value: string) => void;
}

function Filters({ choices, get, choose }: FilterProps) {
  const players = choices?.players ?? [];
  const categories = choices?.categories.state === 'ready' ? choices.categories.value : [];
  return (
    <div className="toolbar" role="group" aria-label="Which battles">
      <Choice
        label="Arena"
        value={get('arena')}
        any="all"
        options={(choices?.arenas ?? []).map(({ id, size, judge }) => ({
          value: id,
          label: `${id.split('/').slice(-2).join(' ')} · ${judge} (${grouped(size)})`,
        }))}
        onChange={(value) => choose('arena', value)}
      />
      <Choice
        label="Purpose"
        value={get('purpose')}
        any="any"
        options={['training', 'gate', 'evaluation']}
        onChange={(value) => choose('purpose', value)}
      />
      <Choice
        label="Player"
        value={get('player')}
        any="anybody"
        options={players}
        onChange={(value) => choose('player', value)}
      />
      {get('player') !== '' && (
        <Choice
          label="Against"
          value={get('opponent')}
          any="anybody"
          options={players.filter((one) => one !== get('player'))}
          onChange={(value) => choose('opponent', value)}
        />
      )}
      <Choice
        label={get('player') === '' ? 'Outcome (first)' : 'Outcome'}
        value={get('outcome')}
        any="any"
        options={OUTCOMES}
        onChange={(value) => choose('outcome', value)}
      />
      <Choice
        label="Margin"
        value={get('margin')}
        any="any"
        options={['0.5', '1', '2', '3', '5'].map((value) => ({ value, label: `${value} or more` }))}
        onChange={(value) => choose('margin', value)}
      />
      {categories.length > 0 && (
        <Choice
          label="Category"
          value={get('category')}
          any="any"
          options={categories.map(({ category }) => category)}
          onChange={(value) => choose('category', value)}
        />
      )}
    </div>
  );
}

function BattleTable({ run, battles }: { run: string; battles: BattleRow[] }) {
  const base = runPath(run, '/battle');
  return (
    <Table
      label="Battles"
      className="rows"
      rows={battles}
      keyOf={({ id }) => id}
      columns={[
        {
          name: 'Prompt',
          heads: true,
          className: 'wide',
          cell: ({ id, asked, prompt }) => (
            <Link to={`${base}?id=${encodeURIComponent(id)}`} className="row-link">
              <TextLine>{asked === '' ? prompt : asked}</TextLine>
            </Link>
          ),
        },
        { name: 'First', cell: ({ a }) => <Name>{a}</Name> },
        { name: 'Second', cell: ({ b }) => <Name>{b}</Name> },
        {
          name: 'Outcome of the first',
          cell: ({ outcome, problem }) => (
            <>
              <Badge tone={outcome === null ? 'quiet' : OUTCOME_TONES[outcome]}>{outcome ?? 'not played'}</Badge>
              {problem !== null && (
                <span className="note">
                  <TextLine>{problem.slice(0, 120)}</TextLine>
                </span>
              )}
            </>
          ),
        },
        { name: 'Margin', number: true, cell: ({ margin }) => (margin === null ? '–' : signed(margin, 1)) },
        { name: 'Category', cell: ({ category }) => (category === null ? '–' : <Name>{category}</Name>) },
        { name: 'Arena', className: 'quiet', cell: ({ arena }) => arena.split('/').slice(-2).join(' ') },
      ]}
    />
  );
}
