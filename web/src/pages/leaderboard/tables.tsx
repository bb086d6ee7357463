import { Link } from 'react-router';
import type { Leaderboard, RatedModel } from '../../../../src/dashboard/schemas/leaderboard';
import { runPath } from '../../api';
import { grouped, interval, points, signed } from '../../format';
import { plainName } from '../../hostile';
import { Name } from '../../parts/basic';
import { Table } from '../../parts/table';

export const RatingTable = ({ models, run, own }: { models: RatedModel[]; run: string; own: string | null }) => (
  <Table
    label="Ratings"
    rows={models}
    keyOf={({ model }) => model}
    isOwn={({ model }) => model === own}
    columns={[
      { name: 'Rank', number: true, cell: ({ rank }) => <Rank rank={rank} /> },
      {
        name: 'Model',
        heads: true,
        cell: ({ model }) => (
          <Link to={runPath(run, `/battles?player=${encodeURIComponent(model)}`)}>
            <Name>{model}</Name>
          </Link>
        ),
      },
      { name: 'Rating', number: true, className: 'strong', cell: ({ rating }) => points(rating) },
      { name: '95% interval', number: true, cell: ({ lower, upper }) => interval(lower, upper) },
      { name: 'Standard error', number: true, cell: ({ se }) => (se === null ? '–' : se.toFixed(1)) },
      { name: 'Battles', number: true, cell: ({ battles }) => grouped(battles) },
      { name: 'Won', number: true, cell: ({ wins }) => grouped(wins) },
      { name: 'Lost', number: true, cell: ({ losses }) => grouped(losses) },
      { name: 'Tied', number: true, cell: ({ ties }) => grouped(ties) },
    ]}
  />
);

function Rank({ rank }: Pick<RatedModel, 'rank'>) {
  if (rank === null) return '–';
  return (
    <>
      {rank.rank}
      {rank.lower !== rank.upper && (
        <span className="note">
          {rank.lower} – {rank.upper}
        </span>
      )}
    </>
  );
}

type Style = Extract<NonNullable<Leaderboard['style']>, { state: 'ready' }>['value'];

export const StyleTable = ({ style: { models, coefficients, separated, warnings } }: { style: Style }) => (
  <>
    <Table
      label="Ratings at equal style"
      rows={models}
      keyOf={({ model }) => model}
      columns={[
        { name: 'Model', heads: true, cell: ({ model }) => <Name>{model}</Name> },
        {
          name: 'At equal style',
          number: true,
          className: 'strong',
          cell: ({ controlled }) => (controlled === null ? 'not known' : points(controlled.value)),
        },
        {
          name: '95% interval',
          number: true,
          cell: ({ controlled }) => (controlled === null ? '' : interval(controlled.lower, controlled.upper)),
        },
        { name: 'As judged', number: true, cell: ({ plain }) => (plain === null ? '' : points(plain.value)) },
        {
          name: 'Change',
          number: true,
          cell: ({ controlled, plain }) =>
            controlled === null || plain === null ? '' : signed(controlled.value - plain.value),
        },
      ]}
    />
    <p className="note">
      What style is worth to the judge, in log odds per standard deviation:{' '}
      {coefficients
        .map(({ feature, value, lower, upper }) => `${feature} ${signed(value, 2)} (${interval(lower, upper, 2)})`)
        .join('; ')}
      .{separated.length > 0 && ` No finite rating fits ${separated.map(plainName).join(', ')}.`}
      {warnings.map((warning) => ` ${plainName(warning)}`)}
    </p>
  </>
);
