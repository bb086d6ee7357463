import { temporal } from '@temporalio/proto';
import { ensureNamespace, type NamespaceConnection } from '../../../src/embedded/search-attributes';

const { IndexedValueType } = temporal.api.enums.v1;
const ALL = {
  FlywheelRound: IndexedValueType.INDEXED_VALUE_TYPE_INT,
  FlywheelStage: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  FlywheelModel: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  FlywheelRating: IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
  NeedsAttention: IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
};

const denied = () => Promise.reject(new Error('7 PERMISSION_DENIED'));

/** A namespace as a server shows it to somebody who may read but not change it. The real server is in test/integration. */
function readOnly(hours: number, customAttributes: Record<string, number>): NamespaceConnection {
  return {
    workflowService: {
      describeNamespace: () =>
        Promise.resolve({ config: { workflowExecutionRetentionTtl: { seconds: hours * 3600 } } }),
      updateNamespace: denied,
    },
    operatorService: { listSearchAttributes: () => Promise.resolve({ customAttributes }), addSearchAttributes: denied },
  } as unknown as NamespaceConnection;
}

test('a fit namespace is left alone', async () => {
  await expect(ensureNamespace(readOnly(720, ALL), 'team')).resolves.toBeUndefined();
});

test('a short retention that may not be changed ends with the command', async () => {
  await expect(ensureNamespace(readOnly(24, ALL), 'team')).rejects.toThrow(
    'keeps finished runs for 24 h, and that may not be changed from here (7 PERMISSION_DENIED); run:\n' +
      '  temporal operator namespace update -n team --retention 720h',
  );
});

test('attributes that may not be registered end with one command for each that is missing', async () => {
  const { FlywheelRating: _rating, NeedsAttention: _attention, ...some } = ALL;
  await expect(ensureNamespace(readOnly(1000, some), 'team')).rejects.toThrow(
    'run:\n  temporal operator search-attribute create -n team --name FlywheelRating --type Double\n' +
      '  temporal operator search-attribute create -n team --name NeedsAttention --type Bool',
  );
});

test('an attribute of another type is refused', async () => {
  const wrong = { ...ALL, FlywheelRound: IndexedValueType.INDEXED_VALUE_TYPE_TEXT };
  await expect(ensureNamespace(readOnly(720, wrong), 'team')).rejects.toThrow(
    'FlywheelRound has another type than Int',
  );
});
