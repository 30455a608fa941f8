// Which bodies prove which behaviour. The numbers B are those of a catalogue of gRPC's own engines, without names
// (B52–B66), which come later; the numbers E are ours, beyond what that asks for.

export interface Behaviour {
  readonly number: string;
  readonly what: string;
  /** `core/NAME` for a body in AssemblyScript, `face/NAME` for one in TypeScript. */
  readonly bodies: readonly string[];
}

const behaviour = (number: string, what: string, ...bodies: string[]): Behaviour => ({ number, what, bodies });

const TASKS: Behaviour[] = [
  behaviour("B1", "a task runs exactly once", "core/task-once", "core/task-mass", "face/run-once"),
  behaviour("B2", "a task never runs inside the call that gives it",
    "core/task-once", "core/task-in-task", "face/run-once"),
  behaviour("B3", "a deadline of now or of the past comes soon, not inside the call",
    "core/deadline-past", "face/after-zero"),
  behaviour("B4", "no task runs before its deadline",
    "core/deadline-never-early", "face/after-never-early", "face/at-never-early"),
  behaviour("B5", "the earlier deadline comes first", "core/deadline-order", "core/timer-order", "face/after-order"),
  behaviour("B6", "a cancelled task never runs", "core/cancel-pending", "core/cancel-day", "face/cancel-pending"),
  behaviour("B7", "what has run cannot be cancelled", "core/cancel-late", "face/cancel-late"),
  behaviour("B8", "nothing is cancelled twice", "core/cancel-late", "core/status-cancelled", "face/cancel-pending"),
  behaviour("B9", "invalid and unknown handles are refused", "core/cancel-unknown", "face/cancel-late"),
  behaviour("B10", "the task that runs cannot be cancelled", "core/cancel-self", "face/cancel-late"),
  behaviour("B11", "a stale handle does not name its slot's next task", "core/cancel-stale", "face/cancel-stale"),
  behaviour("B12", "a cancelled closure is let go before the call returns", "face/cancel-lets-go"),
  behaviour("B13", "a closure object stays the caller's", "face/run-object"),
  behaviour("B14", "callbacks may schedule and cancel others",
    "core/cancel-neighbour", "core/task-fan-out", "face/cancel-neighbour"),
  behaviour("B15", "a hundred thousand deadlines, far and farthest", "core/deadline-far", "face/after-far"),
  behaviour("B16", "two million tasks", "core/task-mass", "core/task-mass-batch", "face/run-mass"),
  behaviour("B17", "an engine that ends drops what waits, and says so", "core/shutdown-tasks", "face/close-drops"),
];

const CONNECTIONS: Behaviour[] = [
  behaviour("B18", "connecting to nowhere ends once, with an error", "core/connect-refused", "face/connect-refused"),
  behaviour("B19", "no error of a connect comes inside the call",
    "core/connect-refused", "core/connect-deadline-past", "face/connect-refused"),
  behaviour("B20", "a connect ends at its deadline, not before",
    "core/connect-deadline", "core/connect-deadline-past", "face/connect-deadline"),
  behaviour("B21", "a cancelled connect never calls back",
    "core/connect-cancel", "core/connect-cancel-later", "face/connect-cancel"),
  behaviour("B22", "a connect that is over cannot be cancelled", "core/connect-cancel-late", "face/connect-refused"),
  behaviour("B23", "invalid connect handles are refused", "core/connect-cancel-unknown", "face/connect-cancel-other"),
  behaviour("B24", "many messages both ways arrive as they were sent",
    "core/exchange", "core/outside-server", "core/outside-clients"),
  behaviour("B25", "many connections at once, both ways", "core/exchange-many", "face/listener-many"),
  behaviour("B26", "one listener, several addresses", "core/bind-many", "face/listener-many"),
  behaviour("B27", "port 0 becomes a real port", "core/bind-port", "face/bind-port"),
  behaviour("B28", "an address in use is an error", "core/bind-refused", "face/bind-refused"),
  behaviour("B29", "no bind after the start", "core/bind-refused", "face/bind-refused"),
  behaviour("B30", "no connection is accepted before the start",
    "core/accept-after-start", "face/listener-not-started"),
  behaviour("B31", "each connection is accepted once, not inside a call",
    "core/accept-once", "face/listener-shutdown-last"),
  behaviour("B32", "the shutdown callback comes once, after the last accept",
    "core/shutdown-last", "face/listener-shutdown-last"),
  behaviour("B33", "a listener that could not be made tells nothing", "face/listener-not-made"),
  behaviour("B34", "a listener that never started tells its shutdown once, too",
    "core/shutdown-unstarted", "core/bind-failed-start", "face/listener-not-started"),
  behaviour("B35", "accepted endpoints outlive their listener", "core/read-later", "face/listener-outlived"),
];

const ENDPOINTS: Behaviour[] = [
  behaviour("B36", "a read that is done at once has its data and does not call back",
    "core/read-inline", "face/read-inline"),
  behaviour("B37", "any other read calls back later, once",
    "core/read-later", "core/read-never-inline", "face/read-later"),
  behaviour("B38", "a read gives data or an error, never both",
    "core/read-end", "core/read-end-exact", "core/outside-reset", "face/read-end"),
  behaviour("B39", "data that came before the end comes before the error",
    "core/read-end", "core/destroy-drains", "face/read-end"),
  behaviour("B40", "a read after the peer's end is an error", "core/read-end", "face/read-end"),
  behaviour("B41", "destroying an endpoint ends what is pending, with an error",
    "core/destroy-pending", "face/destroy-pending"),
  behaviour("B42", "a second read is refused", "core/second-read", "face/second-read"),
  behaviour("B43", "a second write is refused", "core/second-write", "face/second-read"),
  behaviour("B44", "a read and a write may be outstanding together",
    "core/read-and-write", "core/exchange", "face/second-read"),
  behaviour("B45", "a write of nothing is done at once", "core/write-empty", "face/write-empty"),
  behaviour("B46", "a write ends when all of its bytes are taken", "core/write-all", "face/write-all"),
  behaviour("B47", "a read clears its buffer first", "core/read-later", "core/read-end", "face/read-later"),
  behaviour("B48", "a read asks for 1 byte at least, a write for frames of 1 MiB, unless told otherwise",
    "face/read-defaults"),
  behaviour("B49", "addresses stay the same for an endpoint's life",
    "core/addresses-v4", "core/addresses-v6", "face/addresses"),
  behaviour("B50", "destroying both ends in the middle of a write harms nothing",
    "core/destroy-both", "face/destroy-both"),
  behaviour("B51", "what is read is charged to the allocator", "core/read-charged", "face/read-charged"),
];

const MEMORY: Behaviour[] = [
  behaviour("B67", "without pressure a reservation gets its most", "core/grant-most", "face/quota-grants"),
  behaviour("B68", "from a pressure of 0.8 on it gets less, at 1.0 its least",
    "core/grant-pressure", "face/quota-grants"),
  behaviour("B69", "one reservation gets a sixteenth of the quota at most, or its least",
    "core/grant-sixteenth", "face/quota-grants"),
  behaviour("B70", "overcommit never fails; reclaimers run benign, idle, destructive, one at a time",
    "core/reclaim-order", "core/reclaim-enough", "face/quota-reclaims"),
  behaviour("B71", "a reclaimer whose owner leaves or who is replaced is told so",
    "core/reclaim-cancelled", "face/quota-reclaimer-over"),
  behaviour("B72", "slices may outlive their allocator", "core/slice-outlives", "face/quota-owned"),
  behaviour("B73", "a quota can grow and shrink in use", "core/quota-resize", "face/quota-grants"),
  behaviour("B74", "the pressure controller's numbers", "core/pressure-controller"),
  behaviour("B75", "thread and stream quotas", "core/quota-threads", "core/quota-streams", "core/quota-connections"),
];

const QUEUES: Behaviour[] = [
  behaviour("B76", "completion queues: made, waited on, plucked from, called back, shut down, destroyed",
    "core/cq-no-op", "core/cq-wait-empty", "core/cq-end-op", "core/cq-shutdown-next", "core/cq-pluck",
    "core/cq-pluck-shutdown", "core/cq-callback", "face/cq-no-op", "face/cq-wait", "face/cq-pluck", "face/cq-callback"),
  behaviour("B77", "at most six pluck at a time; the seventh has a timeout at once",
    "core/cq-seventh", "face/cq-seventh"),
  behaviour("B78", "operations begin while a queue drains, and none when it is shut down",
    "core/cq-begin", "face/cq-begin"),
  behaviour("B79", "no event is lost in a shutdown, with one or ten producers and consumers",
    "core/cq-many", "core/cq-shutdown-drains", "face/cq-many"),
  behaviour("E19", "waits on a queue end at their deadline, with what came before it; the longest is served first",
    "core/cq-wait-deadline", "core/cq-pluck-waits", "face/cq-wait", "face/cq-order", "face/cq-pluck-waits"),
  behaviour("E20", "queues tell when they become ready, so nobody has to ask",
    "core/cq-told", "core/cq-pollable", "face/cq-told"),
  behaviour("E21", "functors never run inside of a call, and a queue's shutdown is the last of them",
    "core/cq-callback-later", "face/cq-scope", "face/cq-functor-close"),
  behaviour("E22", "connections by a queue, and what its polling type drives",
    "core/cq-connection", "core/cq-non-listening", "core/cq-non-polling", "face/cq-connection"),
  behaviour("E23", "a million tags outstanding, and no more", "core/cq-million"),
  behaviour("E24", "what breaks a rule of completion queues is refused",
    "core/cq-next-of-pluck", "core/cq-next-of-callback", "core/cq-pluck-of-next", "core/cq-undelivered",
    "core/cq-versions", "face/cq-misuse", "face/cq-versions"),
  behaviour("E25", "operations end in silence when their queue is gone, and what they bring is given back",
    "core/cq-destroyed", "face/cq-destroyed", "face/cq-left"),
  behaviour("E26", "an engine that closes ends what queues wait for", "face/cq-close"),
];

const OTHERS: Behaviour[] = [
  behaviour("B80", "an unknown extension is null", "face/extension-unknown"),
  behaviour("E1", "tasks run in the order in which they were given",
    "core/task-order", "core/task-batch", "core/deadline-equal", "face/run-order"),
  behaviour("E2", "a task that gives itself again does not hold the engine up", "core/task-for-ever"),
  behaviour("E3", "tasks of the 2021 text hear exactly once how they ended",
    "core/task-status", "core/status-due", "core/status-cancelled",
    "face/status-once", "face/status-shutdown"),
  behaviour("E4", "slices keep their bytes, their order and their blocks",
    "core/slice-merge", "core/slice-take-first", "core/slice-moves", "core/slice-copy-on-write", "core/slice-inlined",
    "core/slice-model", "face/buffer-bytes", "face/slice-shared"),
  behaviour("E5", "memory is charged as long as it is kept, by whatever holds it",
    "core/slice-charged", "face/quota-owned"),
  behaviour("E6", "the slice allocator of the 2021 text waits for memory", "core/allocate-waits",
    "face/allocate-waits"),
  behaviour("E7", "of several addresses the first that answers is taken",
    "core/connect-several", "face/connect-several"),
  behaviour("E8", "what is no address, and no time, is refused at once", "face/connect-invalid", "face/after-invalid"),
  behaviour("E9", "one port serves both families at the wildcard address", "core/bind-wildcard", "face/bind-wildcard"),
  behaviour("E10", "one direction can end before the other", "core/shutdown-send", "face/shutdown-send"),
  behaviour("E11", "bytes that were taken leave although the endpoint is destroyed",
    "core/destroy-drains", "face/destroy-drains"),
  behaviour("E12", "frames of any size carry the same bytes", "core/write-frames", "face/write-frames"),
  behaviour("E13", "a peer that is gone fails writes, a reset fails reads",
    "core/write-to-gone", "core/outside-reset", "face/write-to-gone"),
  behaviour("E14", "memory does not grow with the number of connections that were", "core/memory-flat"),
  behaviour("E15", "an engine ends with everything that is outstanding, once",
    "face/close-outstanding", "face/close-in-callback", "face/close-drops"),
  behaviour("E16", "a closed engine refuses work", "face/close-refuses"),
  behaviour("E17", "what a callback throws is told and harms nobody else", "face/run-throws"),
  behaviour("E18", "a task with slack may be late, never early", "face/after-slack"),
];

export const BEHAVIOURS: readonly Behaviour[] = [
  ...TASKS, ...CONNECTIONS, ...ENDPOINTS, ...MEMORY, ...QUEUES, ...OTHERS,
];

/** Numbers of the catalogue that must be there. */
export const NUMBERS: readonly string[] = [[1, 51], [67, 80]].flatMap(([first = 0, last = 0]) => {
  return Array.from({ length: last - first + 1 }, (_, index) => `B${first + index}`);
});
