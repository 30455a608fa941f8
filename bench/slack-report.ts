// What slack saves, as a table, and the bars on it.
import type { Judgement } from "./bars.js";
import type { SlackResult } from "./slack-wake-ups.js";
import { formatTable } from "./table.js";

/** Timer wake-ups with this slack by those without, of the same traffic. */
function ratioToNone(results: readonly SlackResult[], { mix, timerWakeUps }: SlackResult): number {
  const none = results.find((other) => other.mix === mix && other.slackMs === 0);
  return timerWakeUps / (none?.timerWakeUps ?? Number.NaN);
}

/** Most of the timer wake-ups without slack, with 10,000 connections. */
const BARS = [
  { mix: "busy", slackMs: 100, most: 0.01 },
  { mix: "busy", slackMs: 1_000, most: 0.01 },
  { mix: "quiet", slackMs: 100, most: 0.25 },
  { mix: "quiet", slackMs: 1_000, most: 0.01 },
] as const;

export function judgeSlack(results: readonly SlackResult[]): Judgement[] {
  return BARS.flatMap(({ mix, slackMs, most }) => {
    const result = results.find((other) => other.mix === mix && other.slackMs === slackMs);
    if (result === undefined) return [];
    const measured = ratioToNone(results, result);
    return [{
      bar: `timer wake-ups, ${mix}, ${result.connections} connections: slack of ${slackMs} ms / none`,
      wanted: `<= ${most.toFixed(2)}`,
      measured: measured.toFixed(3),
      met: measured <= most,
    }];
  });
}

const grouped = (count: number): string => count.toLocaleString("en-US");

export function slackTable(results: readonly SlackResult[]): string {
  const rows = results.map((result) => [
    result.mix,
    `${result.slackMs}`,
    ...[result.messages, result.noticed, result.timerWakeUps, result.timerWakeUps - result.vainWakeUps].map(grouped),
    ratioToNone(results, result).toFixed(3),
    result.latestMs.toFixed(1),
  ]);
  const head = [
    "traffic", "slack, ms", "messages", "silences noticed", "timer wake-ups", "of them with an alarm", "x no slack",
    "latest, ms",
  ];
  const { connections = 0, seconds = 0 } = results[0] ?? {};
  const what = `${connections} connections, ${seconds} virtual seconds`;
  return `slack-wake-ups: ${what}\n${formatTable(head, rows)}`;
}
