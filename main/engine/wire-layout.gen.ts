// SPDX-License-Identifier: Apache-2.0
// Written by scripts/generate-wire-layout.ts from native/helper/wire.h. Do not edit.

export const WIRE_PROTOCOL = 7;
export const WIRE_MAGIC = 1380076869;
export const WIRE_HEADER_SIZE = 8;
export const WIRE_MAX_PAYLOAD = 1048576;
export const WIRE_SLICE_NS = 20000000;
export const WIRE_MAX_TARGETS = 1024;
export const WIRE_MIN_FREQUENCY = 1;
export const WIRE_MAX_FREQUENCY = 9999;
export const WIRE_PER_CPU_FREQUENCY = 400;
export const WIRE_HEARTBEAT_TIMEOUT_NS = 10000000000;
export const WIRE_BUILD_ID_MAX = 20;
export const WIRE_COMM_SIZE = 16;
export const WIRE_VERSION_SIZE = 24;
export const WIRE_RELEASE_SIZE = 72;
export const WIRE_STACK_DEPTH = 127;
export const WIRE_MAX_STACK_DEPTH = 1023;
export const WIRE_MAX_LEAST_WAIT_NS = 100000000000;
export const WIRE_TABLE_MEBIBYTES = 256;
export const WIRE_MAX_ROWS = 8388608;
export const WIRE_READ_MAX = 524288;
export const WIRE_FRAME_PYTHON = 4611686018427387904;
export const WIRE_FRAME_CODE_SHIFT = 18;
export const WIRE_PYTHON_NAME_MAX = 256;
export const WIRE_PYTHON_FILE_MAX = 512;
export const WIRE_PYTHON_LINES_MAX = 8192;
export const WIRE_MAX_PROBES = 64;
export const WIRE_PROBE_NAME_MAX = 127;
export const WIRE_MAX_PROBE_FUNCTIONS = 10000;
export const WIRE_PROBE_ARGUMENTS = 6;
export const WIRE_EVENT_TEXT_SIZE = 64;
export const WIRE_MOST_EVENTS = 1000000;
export const WIRE_WIDTH_SIGNED = 128;
export const WIRE_BUCKET_STEPS = 8;
export const WIRE_BUCKET_NEGATIVE = 32768;
export const WIRE_EVENT_COLUMNS = 18;
export const WIRE_EVENTS_MAX = 4096;

/** enum wire_type */
export const WireType = {
  start: 1,
  stop: 2,
  heartbeat: 3,
  unwindRows: 4,
  unwindSame: 5,
  read: 6,
  interpreter: 7,
  probe: 8,
  detach: 9,
  ask: 10,
  hello: 64,
  started: 65,
  process: 66,
  thread: 67,
  generation: 68,
  mapping: 69,
  kernelSymbols: 70,
  stack: 71,
  counts: 72,
  cpuTime: 73,
  loss: 74,
  ledger: 75,
  note: 76,
  refused: 77,
  end: 78,
  module: 79,
  bytes: 80,
  tables: 81,
  pythonCode: 82,
  probeState: 83,
  probeFigures: 84,
  buckets: 85,
  events: 86,
  capabilities: 87,
  list: 88,
  waits: 89,
} as const;
export type WireType = (typeof WireType)[keyof typeof WireType];

/** enum wire_start_flags */
export const StartFlag = {
  system: 1,
  children: 2,
  kernelStacks: 4,
  unwindTables: 8,
  onCpu: 16,
  offCpu: 32,
  wakers: 64,
} as const;
export type StartFlag = (typeof StartFlag)[keyof typeof StartFlag];

/** enum wire_event */
export const SampleEvent = {
  cpuClock: 0,
  cycles: 1,
} as const;
export type SampleEvent = (typeof SampleEvent)[keyof typeof SampleEvent];

/** enum wire_features */
export const Feature = {
  btf: 1,
  cycles: 2,
  mmapBuildId: 4,
  bpfStats: 8,
  kernelSymbols: 16,
  trace: 32,
} as const;
export type Feature = (typeof Feature)[keyof typeof Feature];

/** enum wire_sampling */
export const Sampling = {
  perCpu: 0,
  perThread: 1,
} as const;
export type Sampling = (typeof Sampling)[keyof typeof Sampling];

/** enum wire_loss */
export const LossCause = {
  countMapFull: 1,
  stackRingFull: 2,
  recursion: 3,
  sendQueueFull: 4,
  fault: 5,
  sidebandRecords: 6,
  shortLived: 7,
  waitMapFull: 10,
  waitStack: 11,
  shortWaits: 12,
  untoldEnds: 13,
} as const;
export type LossCause = (typeof LossCause)[keyof typeof LossCause];

/** enum wire_note_kind */
export const WireNoteKind = {
  exec: 1,
  exit: 2,
  throttled: 3,
} as const;
export type WireNoteKind = (typeof WireNoteKind)[keyof typeof WireNoteKind];

/** enum wire_error */
export const WireError = {
  malformed: 1,
  frequency: 2,
  noSuchProcess: 3,
  notPermitted: 4,
  noBtf: 5,
  noBpf: 6,
  load: 7,
  perfEvent: 8,
  memory: 9,
  descriptors: 10,
  lockdown: 11,
  tooManySessions: 12,
  noCycles: 13,
  targets: 14,
  bpfObject: 15,
  privileges: 16,
  notCaller: 17,
  internal: 18,
} as const;
export type WireError = (typeof WireError)[keyof typeof WireError];

/** enum wire_end_reason */
export const EndReason = {
  asked: 1,
  targetExited: 2,
  targetGone: 3,
  failure: 4,
  noHeartbeat: 5,
} as const;
export type EndReason = (typeof EndReason)[keyof typeof EndReason];

/** enum wire_process_flags */
export const ProcessFlag = {
  child: 1,
  exec: 2,
  kernel: 4,
} as const;
export type ProcessFlag = (typeof ProcessFlag)[keyof typeof ProcessFlag];

/** enum wire_mapping_flags */
export const MappingFlag = {
  anonymous: 1,
  vdso: 2,
  deleted: 4,
} as const;
export type MappingFlag = (typeof MappingFlag)[keyof typeof MappingFlag];

/** enum wire_stack_space */
export const StackSpace = {
  user: 0,
  kernel: 1,
} as const;
export type StackSpace = (typeof StackSpace)[keyof typeof StackSpace];

/** enum wire_stack_end */
export const WalkEnd = {
  outermost: 0,
  depthLimit: 1,
  noMapping: 2,
  noRow: 3,
  readFault: 4,
  badFrame: 5,
} as const;
export type WalkEnd = (typeof WalkEnd)[keyof typeof WalkEnd];

/** enum wire_probe_kind */
export const WireProbeKind = {
  kernel: 1,
  user: 2,
  tracepoint: 3,
  usdt: 4,
  ready: 5,
} as const;
export type WireProbeKind = (typeof WireProbeKind)[keyof typeof WireProbeKind];

/** enum wire_mechanism */
export const Mechanism = {
  best: 0,
  fentry: 1,
  kprobe: 2,
  kprobeMulti: 3,
  uprobe: 4,
  uprobeMulti: 5,
  tracepoint: 6,
  rawTracepoint: 7,
  perfEvent: 8,
} as const;
export type Mechanism = (typeof Mechanism)[keyof typeof Mechanism];

/** enum wire_probe_flags */
export const ProbeFlag = {
  entryOnly: 1,
  byThread: 2,
  byStack: 4,
  events: 8,
  eventStacks: 16,
  syscall: 32,
  textOfKernel: 64,
  pairEvents: 128,
} as const;
export type ProbeFlag = (typeof ProbeFlag)[keyof typeof ProbeFlag];

/** enum wire_measure */
export const WireMeasure = {
  count: 0,
  latency: 1,
  argument: 2,
  return: 3,
} as const;
export type WireMeasure = (typeof WireMeasure)[keyof typeof WireMeasure];

/** enum wire_test */
export const FilterTest = {
  none: 0,
  equal: 1,
  other: 2,
  above: 3,
  below: 4,
} as const;
export type FilterTest = (typeof FilterTest)[keyof typeof FilterTest];

/** enum wire_ask_for */
export const AskFor = {
  capabilities: 1,
  lists: 2,
} as const;
export type AskFor = (typeof AskFor)[keyof typeof AskFor];

/** enum wire_probe_state_kind */
export const ProbeState = {
  attached: 1,
  refused: 2,
  detached: 3,
} as const;
export type ProbeState = (typeof ProbeState)[keyof typeof ProbeState];

/** enum wire_probe_reason */
export const ProbeReason = {
  fine: 0,
  notFound: 1,
  notTraceable: 2,
  blocklisted: 3,
  noKprobes: 4,
  needsSysAdmin: 5,
  lockdown: 6,
  notPermitted: 7,
  tooMany: 8,
  load: 9,
  noMemory: 10,
  kernelError: 11,
  budget: 12,
  moduleGone: 13,
  asked: 14,
  badName: 15,
  noMechanism: 16,
} as const;
export type ProbeReason = (typeof ProbeReason)[keyof typeof ProbeReason];

/** enum wire_event_column */
export const EventColumn = {
  timeNs: 0,
  durationNs: 1,
  userStack: 2,
  kernelStack: 3,
  value: 4,
  argument1: 5,
  probe: 11,
  function: 12,
  tgid: 13,
  tid: 14,
  cpu: 15,
  flags: 16,
  textLength: 17,
} as const;
export type EventColumn = (typeof EventColumn)[keyof typeof EventColumn];

/** enum wire_hit_flags */
export const HitFlag = {
  return: 1,
  irqsKnown: 2,
  irqsOff: 4,
  reschedKnown: 8,
  needResched: 16,
  preemptKnown: 32,
  hardirq: 64,
  softirq: 128,
} as const;
export type HitFlag = (typeof HitFlag)[keyof typeof HitFlag];

/** enum wire_capability_kind */
export const Capability = {
  btf: 1,
  bpf: 2,
  perfEvents: 3,
  cycles: 4,
  kernelSymbols: 5,
  bpfStats: 6,
  tracepoints: 7,
  rawTracepoints: 8,
  kprobes: 9,
  kprobeMulti: 10,
  fentry: 11,
  uprobes: 12,
  uprobeMulti: 13,
  tracefs: 14,
  lockdown: 15,
  memlock: 16,
  paranoid: 17,
  traceMode: 18,
} as const;
export type Capability = (typeof Capability)[keyof typeof Capability];

/** enum wire_list_kind */
export const ListKind = {
  functions: 1,
  blocklist: 2,
  tracepoints: 3,
} as const;
export type ListKind = (typeof ListKind)[keyof typeof ListKind];

/** enum wire_wait_kind */
export const WaitKind = {
  blocked: 1,
  preempted: 2,
  runQueue: 3,
} as const;
export type WaitKind = (typeof WaitKind)[keyof typeof WaitKind];

/** struct wire_header: its size and the offset of each field, bytes. */
export const wireHeader = {
  size: 8,
  length: 0,
  type: 4,
  zero: 6,
} as const;

/** struct wire_target: its size and the offset of each field, bytes. */
export const wireTarget = {
  size: 16,
  tgid: 0,
  zero: 4,
  startTicks: 8,
} as const;

/** struct wire_start: its size and the offset of each field, bytes. */
export const wireStart = {
  size: 40,
  frequency: 0,
  flags: 4,
  event: 8,
  targetCount: 12,
  stackDepth: 16,
  tableMebibytes: 20,
  leastWaitNs: 24,
  cgroup: 32,
} as const;

/** struct wire_hello: its size and the offset of each field, bytes. */
export const wireHello = {
  size: 128,
  magic: 0,
  protocol: 4,
  features: 8,
  cpus: 12,
  uid: 16,
  maxFrequency: 20,
  maxTargets: 24,
  maxStackDepth: 28,
  version: 32,
  release: 56,
} as const;

/** struct wire_started: its size and the offset of each field, bytes. */
export const wireStarted = {
  size: 32,
  monotonicNs: 0,
  realtimeNs: 8,
  frequency: 16,
  event: 20,
  sampling: 24,
  cpus: 28,
} as const;

/** struct wire_loss_entry: its size and the offset of each field, bytes. */
export const wireLossEntry = {
  size: 16,
  slice: 0,
  cause: 4,
  count: 8,
} as const;

/** struct wire_ledger: its size and the offset of each field, bytes. */
export const wireLedger = {
  size: 56,
  timeNs: 0,
  fired: 8,
  notOurs: 16,
  stored: 24,
  bpfNs: 32,
  helperNs: 40,
  completeSlice: 48,
  pythonCut: 52,
} as const;

/** struct wire_note: its size and the offset of each field, bytes. */
export const wireNote = {
  size: 24,
  timeNs: 0,
  kind: 8,
  tgid: 12,
  textLength: 16,
  zero: 20,
} as const;

/** struct wire_refused: its size and the offset of each field, bytes. */
export const wireRefused = {
  size: 16,
  error: 0,
  textLength: 4,
  value: 8,
} as const;

/** struct wire_end: its size and the offset of each field, bytes. */
export const wireEnd = {
  size: 16,
  reason: 0,
  zero: 4,
  timeNs: 8,
} as const;

/** struct wire_process: its size and the offset of each field, bytes. */
export const wireProcess = {
  size: 24,
  tgid: 0,
  parentTgid: 4,
  timeNs: 8,
  flags: 16,
  nameLength: 20,
} as const;

/** struct wire_thread: its size and the offset of each field, bytes. */
export const wireThread = {
  size: 24,
  tgid: 0,
  tid: 4,
  timeNs: 8,
  zero: 16,
  nameLength: 20,
} as const;

/** struct wire_generation: its size and the offset of each field, bytes. */
export const wireGeneration = {
  size: 24,
  tgid: 0,
  generation: 4,
  fromTgid: 8,
  fromGeneration: 12,
  timeNs: 16,
} as const;

/** struct wire_mapping: its size and the offset of each field, bytes. */
export const wireMapping = {
  size: 80,
  tgid: 0,
  generation: 4,
  start: 8,
  end: 16,
  fileOffset: 24,
  inode: 32,
  deviceMajor: 40,
  deviceMinor: 44,
  flags: 48,
  pathLength: 52,
  buildId: 56,
  buildIdLength: 76,
} as const;

/** struct wire_kernel_symbols: its size and the offset of each field, bytes. */
export const wireKernelSymbols = {
  size: 24,
  base: 0,
  end: 8,
  moduleLength: 16,
  symbolCount: 20,
} as const;

/** struct wire_unwind_rows: its size and the offset of each field, bytes. */
export const wireUnwindRows = {
  size: 16,
  module: 0,
  first: 4,
  count: 8,
  total: 12,
} as const;

/** struct wire_unwind_same: its size and the offset of each field, bytes. */
export const wireUnwindSame = {
  size: 8,
  module: 0,
  as: 4,
} as const;

/** struct wire_interpreter: its size and the offset of each field, bytes. */
export const wireInterpreter = {
  size: 16,
  module: 0,
  version: 4,
  runtime: 8,
} as const;

/** struct wire_read: its size and the offset of each field, bytes. */
export const wireRead = {
  size: 16,
  module: 0,
  length: 4,
  offset: 8,
} as const;

/** struct wire_module: its size and the offset of each field, bytes. */
export const wireModule = {
  size: 72,
  module: 0,
  tgid: 4,
  start: 8,
  end: 16,
  inode: 24,
  deviceMajor: 32,
  deviceMinor: 36,
  flags: 40,
  pathLength: 44,
  buildId: 48,
  buildIdLength: 68,
} as const;

/** struct wire_bytes: its size and the offset of each field, bytes. */
export const wireBytes = {
  size: 32,
  module: 0,
  error: 4,
  offset: 8,
  fileSize: 16,
  length: 24,
  zero: 28,
} as const;

/** struct wire_tables: its size and the offset of each field, bytes. */
export const wireTables = {
  size: 24,
  bytes: 0,
  tables: 8,
  refused: 12,
  evicted: 16,
  zero: 20,
} as const;

/** struct wire_stack: its size and the offset of each field, bytes. */
export const wireStack = {
  size: 24,
  hash: 0,
  tgid: 8,
  generation: 12,
  frameCount: 16,
  space: 20,
  end: 22,
} as const;

/** struct wire_python_code: its size and the offset of each field, bytes. */
export const wirePythonCode = {
  size: 800,
  id: 0,
  tgid: 8,
  version: 12,
  firstLine: 16,
  linesLength: 20,
  nameLength: 24,
  fileLength: 26,
  nameWidth: 28,
  fileWidth: 29,
  zero: 30,
  name: 32,
  file: 288,
} as const;

/** struct wire_counts: its size and the offset of each field, bytes. */
export const wireCounts = {
  size: 8,
  entryCount: 0,
  zero: 4,
} as const;

/** struct wire_count: its size and the offset of each field, bytes. */
export const wireCount = {
  size: 32,
  userStack: 0,
  kernelStack: 8,
  slice: 16,
  tgid: 20,
  tid: 24,
  samples: 28,
} as const;

/** struct wire_cpu_time: its size and the offset of each field, bytes. */
export const wireCpuTime = {
  size: 8,
  entryCount: 0,
  slice: 4,
} as const;

/** struct wire_cpu_time_entry: its size and the offset of each field, bytes. */
export const wireCpuTimeEntry = {
  size: 16,
  tgid: 0,
  tid: 4,
  cpuNs: 8,
} as const;

/** struct wire_probe: its size and the offset of each field, bytes. */
export const wireProbe = {
  size: 72,
  probe: 0,
  kind: 4,
  mechanism: 6,
  flags: 8,
  module: 12,
  measure: 16,
  argument: 18,
  filterArgument: 20,
  filterTest: 22,
  filterValue: 24,
  leastNs: 32,
  textArgument: 40,
  budgetPermille: 42,
  mostEvents: 44,
  widths: 48,
  namesLength: 56,
  zero: 60,
  cgroup: 64,
} as const;

/** struct wire_detach: its size and the offset of each field, bytes. */
export const wireDetach = {
  size: 8,
  probe: 0,
  zero: 4,
} as const;

/** struct wire_ask: its size and the offset of each field, bytes. */
export const wireAsk = {
  size: 8,
  what: 0,
  zero: 4,
} as const;

/** struct wire_probe_state: its size and the offset of each field, bytes. */
export const wireProbeState = {
  size: 32,
  probe: 0,
  state: 4,
  mechanism: 6,
  reason: 8,
  functions: 12,
  value: 16,
  textLength: 24,
  zero: 28,
} as const;

/** struct wire_probe_figures: its size and the offset of each field, bytes. */
export const wireProbeFigures = {
  size: 104,
  timeNs: 0,
  calls: 8,
  measured: 16,
  filtered: 24,
  missed: 32,
  recursed: 40,
  dropped: 48,
  aboveRate: 56,
  unsent: 64,
  lost: 72,
  bpfNs: 80,
  callNs: 88,
  probe: 96,
  permille: 100,
} as const;

/** struct wire_buckets: its size and the offset of each field, bytes. */
export const wireBuckets = {
  size: 8,
  entryCount: 0,
  zero: 4,
} as const;

/** struct wire_bucket: its size and the offset of each field, bytes. */
export const wireBucket = {
  size: 56,
  userStack: 0,
  kernelStack: 8,
  group: 16,
  sum: 24,
  probe: 32,
  slice: 36,
  tgid: 40,
  tid: 44,
  bucket: 48,
  count: 52,
} as const;

/** struct wire_events: its size and the offset of each field, bytes. */
export const wireEvents = {
  size: 16,
  entryCount: 0,
  varying: 4,
  textLength: 8,
  zero: 12,
} as const;

/** struct wire_capabilities: its size and the offset of each field, bytes. */
export const wireCapabilities = {
  size: 8,
  entryCount: 0,
  zero: 4,
} as const;

/** struct wire_capability: its size and the offset of each field, bytes. */
export const wireCapability = {
  size: 64,
  kind: 0,
  error: 4,
  value: 8,
  text: 16,
} as const;

/** struct wire_list: its size and the offset of each field, bytes. */
export const wireList = {
  size: 16,
  list: 0,
  error: 4,
  last: 8,
  textLength: 12,
} as const;

/** struct wire_waits: its size and the offset of each field, bytes. */
export const wireWaits = {
  size: 8,
  entryCount: 0,
  zero: 4,
} as const;

/** struct wire_wait: its size and the offset of each field, bytes. */
export const wireWait = {
  size: 72,
  userStack: 0,
  kernelStack: 8,
  wakerUserStack: 16,
  wakerKernelStack: 24,
  ns: 32,
  slice: 40,
  kind: 44,
  tgid: 48,
  tid: 52,
  wakerTgid: 56,
  wakerTid: 60,
  state: 64,
  count: 68,
} as const;

/** How each field is kept; text and bytes are zero padded to `length` bytes. */
export const wireFields = {
  wireHeader: {
    length: { type: 'u32', offset: 0, length: 4 },
    type: { type: 'u16', offset: 4, length: 2 },
    zero: { type: 'u16', offset: 6, length: 2 },
  },
  wireTarget: {
    tgid: { type: 'u32', offset: 0, length: 4 },
    zero: { type: 'u32', offset: 4, length: 4 },
    startTicks: { type: 'u64', offset: 8, length: 8 },
  },
  wireStart: {
    frequency: { type: 'u32', offset: 0, length: 4 },
    flags: { type: 'u32', offset: 4, length: 4 },
    event: { type: 'u32', offset: 8, length: 4 },
    targetCount: { type: 'u32', offset: 12, length: 4 },
    stackDepth: { type: 'u32', offset: 16, length: 4 },
    tableMebibytes: { type: 'u32', offset: 20, length: 4 },
    leastWaitNs: { type: 'u64', offset: 24, length: 8 },
    cgroup: { type: 'u64', offset: 32, length: 8 },
  },
  wireHello: {
    magic: { type: 'u32', offset: 0, length: 4 },
    protocol: { type: 'u32', offset: 4, length: 4 },
    features: { type: 'u32', offset: 8, length: 4 },
    cpus: { type: 'u32', offset: 12, length: 4 },
    uid: { type: 'u32', offset: 16, length: 4 },
    maxFrequency: { type: 'u32', offset: 20, length: 4 },
    maxTargets: { type: 'u32', offset: 24, length: 4 },
    maxStackDepth: { type: 'u32', offset: 28, length: 4 },
    version: { type: 'text', offset: 32, length: 24 },
    release: { type: 'text', offset: 56, length: 72 },
  },
  wireStarted: {
    monotonicNs: { type: 'u64', offset: 0, length: 8 },
    realtimeNs: { type: 'u64', offset: 8, length: 8 },
    frequency: { type: 'u32', offset: 16, length: 4 },
    event: { type: 'u32', offset: 20, length: 4 },
    sampling: { type: 'u32', offset: 24, length: 4 },
    cpus: { type: 'u32', offset: 28, length: 4 },
  },
  wireLossEntry: {
    slice: { type: 'u32', offset: 0, length: 4 },
    cause: { type: 'u32', offset: 4, length: 4 },
    count: { type: 'u64', offset: 8, length: 8 },
  },
  wireLedger: {
    timeNs: { type: 'u64', offset: 0, length: 8 },
    fired: { type: 'u64', offset: 8, length: 8 },
    notOurs: { type: 'u64', offset: 16, length: 8 },
    stored: { type: 'u64', offset: 24, length: 8 },
    bpfNs: { type: 'u64', offset: 32, length: 8 },
    helperNs: { type: 'u64', offset: 40, length: 8 },
    completeSlice: { type: 'u32', offset: 48, length: 4 },
    pythonCut: { type: 'u32', offset: 52, length: 4 },
  },
  wireNote: {
    timeNs: { type: 'u64', offset: 0, length: 8 },
    kind: { type: 'u32', offset: 8, length: 4 },
    tgid: { type: 'u32', offset: 12, length: 4 },
    textLength: { type: 'u32', offset: 16, length: 4 },
    zero: { type: 'u32', offset: 20, length: 4 },
  },
  wireRefused: {
    error: { type: 'u32', offset: 0, length: 4 },
    textLength: { type: 'u32', offset: 4, length: 4 },
    value: { type: 'i64', offset: 8, length: 8 },
  },
  wireEnd: {
    reason: { type: 'u32', offset: 0, length: 4 },
    zero: { type: 'u32', offset: 4, length: 4 },
    timeNs: { type: 'u64', offset: 8, length: 8 },
  },
  wireProcess: {
    tgid: { type: 'u32', offset: 0, length: 4 },
    parentTgid: { type: 'u32', offset: 4, length: 4 },
    timeNs: { type: 'u64', offset: 8, length: 8 },
    flags: { type: 'u32', offset: 16, length: 4 },
    nameLength: { type: 'u32', offset: 20, length: 4 },
  },
  wireThread: {
    tgid: { type: 'u32', offset: 0, length: 4 },
    tid: { type: 'u32', offset: 4, length: 4 },
    timeNs: { type: 'u64', offset: 8, length: 8 },
    zero: { type: 'u32', offset: 16, length: 4 },
    nameLength: { type: 'u32', offset: 20, length: 4 },
  },
  wireGeneration: {
    tgid: { type: 'u32', offset: 0, length: 4 },
    generation: { type: 'u32', offset: 4, length: 4 },
    fromTgid: { type: 'u32', offset: 8, length: 4 },
    fromGeneration: { type: 'u32', offset: 12, length: 4 },
    timeNs: { type: 'u64', offset: 16, length: 8 },
  },
  wireMapping: {
    tgid: { type: 'u32', offset: 0, length: 4 },
    generation: { type: 'u32', offset: 4, length: 4 },
    start: { type: 'u64', offset: 8, length: 8 },
    end: { type: 'u64', offset: 16, length: 8 },
    fileOffset: { type: 'u64', offset: 24, length: 8 },
    inode: { type: 'u64', offset: 32, length: 8 },
    deviceMajor: { type: 'u32', offset: 40, length: 4 },
    deviceMinor: { type: 'u32', offset: 44, length: 4 },
    flags: { type: 'u32', offset: 48, length: 4 },
    pathLength: { type: 'u32', offset: 52, length: 4 },
    buildId: { type: 'bytes', offset: 56, length: 20 },
    buildIdLength: { type: 'u32', offset: 76, length: 4 },
  },
  wireKernelSymbols: {
    base: { type: 'u64', offset: 0, length: 8 },
    end: { type: 'u64', offset: 8, length: 8 },
    moduleLength: { type: 'u32', offset: 16, length: 4 },
    symbolCount: { type: 'u32', offset: 20, length: 4 },
  },
  wireUnwindRows: {
    module: { type: 'u32', offset: 0, length: 4 },
    first: { type: 'u32', offset: 4, length: 4 },
    count: { type: 'u32', offset: 8, length: 4 },
    total: { type: 'u32', offset: 12, length: 4 },
  },
  wireUnwindSame: {
    module: { type: 'u32', offset: 0, length: 4 },
    as: { type: 'u32', offset: 4, length: 4 },
  },
  wireInterpreter: {
    module: { type: 'u32', offset: 0, length: 4 },
    version: { type: 'u32', offset: 4, length: 4 },
    runtime: { type: 'i64', offset: 8, length: 8 },
  },
  wireRead: {
    module: { type: 'u32', offset: 0, length: 4 },
    length: { type: 'u32', offset: 4, length: 4 },
    offset: { type: 'u64', offset: 8, length: 8 },
  },
  wireModule: {
    module: { type: 'u32', offset: 0, length: 4 },
    tgid: { type: 'u32', offset: 4, length: 4 },
    start: { type: 'u64', offset: 8, length: 8 },
    end: { type: 'u64', offset: 16, length: 8 },
    inode: { type: 'u64', offset: 24, length: 8 },
    deviceMajor: { type: 'u32', offset: 32, length: 4 },
    deviceMinor: { type: 'u32', offset: 36, length: 4 },
    flags: { type: 'u32', offset: 40, length: 4 },
    pathLength: { type: 'u32', offset: 44, length: 4 },
    buildId: { type: 'bytes', offset: 48, length: 20 },
    buildIdLength: { type: 'u32', offset: 68, length: 4 },
  },
  wireBytes: {
    module: { type: 'u32', offset: 0, length: 4 },
    error: { type: 'u32', offset: 4, length: 4 },
    offset: { type: 'u64', offset: 8, length: 8 },
    fileSize: { type: 'u64', offset: 16, length: 8 },
    length: { type: 'u32', offset: 24, length: 4 },
    zero: { type: 'u32', offset: 28, length: 4 },
  },
  wireTables: {
    bytes: { type: 'u64', offset: 0, length: 8 },
    tables: { type: 'u32', offset: 8, length: 4 },
    refused: { type: 'u32', offset: 12, length: 4 },
    evicted: { type: 'u32', offset: 16, length: 4 },
    zero: { type: 'u32', offset: 20, length: 4 },
  },
  wireStack: {
    hash: { type: 'u64', offset: 0, length: 8 },
    tgid: { type: 'u32', offset: 8, length: 4 },
    generation: { type: 'u32', offset: 12, length: 4 },
    frameCount: { type: 'u32', offset: 16, length: 4 },
    space: { type: 'u16', offset: 20, length: 2 },
    end: { type: 'u16', offset: 22, length: 2 },
  },
  wirePythonCode: {
    id: { type: 'u64', offset: 0, length: 8 },
    tgid: { type: 'u32', offset: 8, length: 4 },
    version: { type: 'u32', offset: 12, length: 4 },
    firstLine: { type: 'u32', offset: 16, length: 4 },
    linesLength: { type: 'u32', offset: 20, length: 4 },
    nameLength: { type: 'u16', offset: 24, length: 2 },
    fileLength: { type: 'u16', offset: 26, length: 2 },
    nameWidth: { type: 'u8', offset: 28, length: 1 },
    fileWidth: { type: 'u8', offset: 29, length: 1 },
    zero: { type: 'u16', offset: 30, length: 2 },
    name: { type: 'bytes', offset: 32, length: 256 },
    file: { type: 'bytes', offset: 288, length: 512 },
  },
  wireCounts: {
    entryCount: { type: 'u32', offset: 0, length: 4 },
    zero: { type: 'u32', offset: 4, length: 4 },
  },
  wireCount: {
    userStack: { type: 'u64', offset: 0, length: 8 },
    kernelStack: { type: 'u64', offset: 8, length: 8 },
    slice: { type: 'u32', offset: 16, length: 4 },
    tgid: { type: 'u32', offset: 20, length: 4 },
    tid: { type: 'u32', offset: 24, length: 4 },
    samples: { type: 'u32', offset: 28, length: 4 },
  },
  wireCpuTime: {
    entryCount: { type: 'u32', offset: 0, length: 4 },
    slice: { type: 'u32', offset: 4, length: 4 },
  },
  wireCpuTimeEntry: {
    tgid: { type: 'u32', offset: 0, length: 4 },
    tid: { type: 'u32', offset: 4, length: 4 },
    cpuNs: { type: 'u64', offset: 8, length: 8 },
  },
  wireProbe: {
    probe: { type: 'u32', offset: 0, length: 4 },
    kind: { type: 'u16', offset: 4, length: 2 },
    mechanism: { type: 'u16', offset: 6, length: 2 },
    flags: { type: 'u32', offset: 8, length: 4 },
    module: { type: 'u32', offset: 12, length: 4 },
    measure: { type: 'u16', offset: 16, length: 2 },
    argument: { type: 'u16', offset: 18, length: 2 },
    filterArgument: { type: 'u16', offset: 20, length: 2 },
    filterTest: { type: 'u16', offset: 22, length: 2 },
    filterValue: { type: 'u64', offset: 24, length: 8 },
    leastNs: { type: 'u64', offset: 32, length: 8 },
    textArgument: { type: 'u16', offset: 40, length: 2 },
    budgetPermille: { type: 'u16', offset: 42, length: 2 },
    mostEvents: { type: 'u32', offset: 44, length: 4 },
    widths: { type: 'bytes', offset: 48, length: 8 },
    namesLength: { type: 'u32', offset: 56, length: 4 },
    zero: { type: 'u32', offset: 60, length: 4 },
    cgroup: { type: 'u64', offset: 64, length: 8 },
  },
  wireDetach: {
    probe: { type: 'u32', offset: 0, length: 4 },
    zero: { type: 'u32', offset: 4, length: 4 },
  },
  wireAsk: {
    what: { type: 'u32', offset: 0, length: 4 },
    zero: { type: 'u32', offset: 4, length: 4 },
  },
  wireProbeState: {
    probe: { type: 'u32', offset: 0, length: 4 },
    state: { type: 'u16', offset: 4, length: 2 },
    mechanism: { type: 'u16', offset: 6, length: 2 },
    reason: { type: 'u32', offset: 8, length: 4 },
    functions: { type: 'u32', offset: 12, length: 4 },
    value: { type: 'i64', offset: 16, length: 8 },
    textLength: { type: 'u32', offset: 24, length: 4 },
    zero: { type: 'u32', offset: 28, length: 4 },
  },
  wireProbeFigures: {
    timeNs: { type: 'u64', offset: 0, length: 8 },
    calls: { type: 'u64', offset: 8, length: 8 },
    measured: { type: 'u64', offset: 16, length: 8 },
    filtered: { type: 'u64', offset: 24, length: 8 },
    missed: { type: 'u64', offset: 32, length: 8 },
    recursed: { type: 'u64', offset: 40, length: 8 },
    dropped: { type: 'u64', offset: 48, length: 8 },
    aboveRate: { type: 'u64', offset: 56, length: 8 },
    unsent: { type: 'u64', offset: 64, length: 8 },
    lost: { type: 'u64', offset: 72, length: 8 },
    bpfNs: { type: 'u64', offset: 80, length: 8 },
    callNs: { type: 'u64', offset: 88, length: 8 },
    probe: { type: 'u32', offset: 96, length: 4 },
    permille: { type: 'u32', offset: 100, length: 4 },
  },
  wireBuckets: {
    entryCount: { type: 'u32', offset: 0, length: 4 },
    zero: { type: 'u32', offset: 4, length: 4 },
  },
  wireBucket: {
    userStack: { type: 'u64', offset: 0, length: 8 },
    kernelStack: { type: 'u64', offset: 8, length: 8 },
    group: { type: 'u64', offset: 16, length: 8 },
    sum: { type: 'i64', offset: 24, length: 8 },
    probe: { type: 'u32', offset: 32, length: 4 },
    slice: { type: 'u32', offset: 36, length: 4 },
    tgid: { type: 'u32', offset: 40, length: 4 },
    tid: { type: 'u32', offset: 44, length: 4 },
    bucket: { type: 'u32', offset: 48, length: 4 },
    count: { type: 'u32', offset: 52, length: 4 },
  },
  wireEvents: {
    entryCount: { type: 'u32', offset: 0, length: 4 },
    varying: { type: 'u32', offset: 4, length: 4 },
    textLength: { type: 'u32', offset: 8, length: 4 },
    zero: { type: 'u32', offset: 12, length: 4 },
  },
  wireCapabilities: {
    entryCount: { type: 'u32', offset: 0, length: 4 },
    zero: { type: 'u32', offset: 4, length: 4 },
  },
  wireCapability: {
    kind: { type: 'u32', offset: 0, length: 4 },
    error: { type: 'u32', offset: 4, length: 4 },
    value: { type: 'i64', offset: 8, length: 8 },
    text: { type: 'text', offset: 16, length: 48 },
  },
  wireList: {
    list: { type: 'u32', offset: 0, length: 4 },
    error: { type: 'u32', offset: 4, length: 4 },
    last: { type: 'u32', offset: 8, length: 4 },
    textLength: { type: 'u32', offset: 12, length: 4 },
  },
  wireWaits: {
    entryCount: { type: 'u32', offset: 0, length: 4 },
    zero: { type: 'u32', offset: 4, length: 4 },
  },
  wireWait: {
    userStack: { type: 'u64', offset: 0, length: 8 },
    kernelStack: { type: 'u64', offset: 8, length: 8 },
    wakerUserStack: { type: 'u64', offset: 16, length: 8 },
    wakerKernelStack: { type: 'u64', offset: 24, length: 8 },
    ns: { type: 'u64', offset: 32, length: 8 },
    slice: { type: 'u32', offset: 40, length: 4 },
    kind: { type: 'u32', offset: 44, length: 4 },
    tgid: { type: 'u32', offset: 48, length: 4 },
    tid: { type: 'u32', offset: 52, length: 4 },
    wakerTgid: { type: 'u32', offset: 56, length: 4 },
    wakerTid: { type: 'u32', offset: 60, length: 4 },
    state: { type: 'u32', offset: 64, length: 4 },
    count: { type: 'u32', offset: 68, length: 4 },
  },
} as const;

export type WireStruct =
  | 'wireHeader'
  | 'wireTarget'
  | 'wireStart'
  | 'wireHello'
  | 'wireStarted'
  | 'wireLossEntry'
  | 'wireLedger'
  | 'wireNote'
  | 'wireRefused'
  | 'wireEnd'
  | 'wireProcess'
  | 'wireThread'
  | 'wireGeneration'
  | 'wireMapping'
  | 'wireKernelSymbols'
  | 'wireUnwindRows'
  | 'wireUnwindSame'
  | 'wireInterpreter'
  | 'wireRead'
  | 'wireModule'
  | 'wireBytes'
  | 'wireTables'
  | 'wireStack'
  | 'wirePythonCode'
  | 'wireCounts'
  | 'wireCount'
  | 'wireCpuTime'
  | 'wireCpuTimeEntry'
  | 'wireProbe'
  | 'wireDetach'
  | 'wireAsk'
  | 'wireProbeState'
  | 'wireProbeFigures'
  | 'wireBuckets'
  | 'wireBucket'
  | 'wireEvents'
  | 'wireCapabilities'
  | 'wireCapability'
  | 'wireList'
  | 'wireWaits'
  | 'wireWait';
