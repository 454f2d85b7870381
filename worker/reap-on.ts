import type { Keys } from '../core/access/keys'
import type { OnBox } from '../core/attempts/on-box'
import { mintRunToken } from '../core/attempts/tokens'
import type { ChannelTo } from '../core/channels/open-channel'
import type { ReapVerdict } from '../core/channels/reap'

export type ReapDeps = { keys: Keys; channelTo: ChannelTo; boxApiUrl: string; installation: string }

/**
 * Runs the reap of an attempt on its box.
 * @param discard remove also what could not be told
 */
export async function reapOn(
  { keys, channelTo, boxApiUrl, installation }: ReapDeps,
  { jobId, attempt, boxId, processId, nonce, alone }: OnBox,
  discard: boolean,
): Promise<ReapVerdict> {
  const channel = await channelTo(boxId)
  // who never claimed has told nothing: its token opens no door, and the reap needs none
  const runToken = mintRunToken(keys, { jobId, attempt }, nonce ?? '', new Date())
  return await channel.reap({ jobId, attempt, processId, alone, discard, boxApiUrl, installation, runToken })
}
