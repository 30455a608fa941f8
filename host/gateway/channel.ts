// The channel seam: messages between the two halves of the gateway protocol, whole and in order, until it closes. A
// WebSocket is one, a MessagePort is one, and in tests a pair in memory is one.

/** What a channel tells the half that opened it. Nothing comes after `closed`. */
export interface ChannelEvents {
  /** Messages can be sent from here on. Once, before anything else but `closed`. */
  opened(): void;
  /** The bytes belong to the receiver. Something that was no binary message arrives as an empty one. */
  messageArrived(bytes: Uint8Array): void;
  /** It ended or never opened, by whatever side; the reason is for people. Once, and not after `close`. */
  closed(reason: string): void;
  /** `bufferedBytes` fell. Channels that have no way to know leave it out, and so may those who listen to one. */
  roomMade?(): void;
}

/** Nothing is called back from inside of its calls. */
export interface Channel {
  /** Bytes that were sent and wait on this side. */
  readonly bufferedBytes: number;
  /** True: a frame is copied before `send` returns, and stays the sender's. */
  readonly copies?: boolean;
  /**
   * Sends a message. Unless `copies`, it belongs to the channel afterwards, and with it the whole buffer under it, of
   * which it may be a part only. Dropped when the channel is not open.
   */
  send(frame: Uint8Array): void;
  /** Ends it after what was sent; nothing is called back any more. May be called twice. */
  close(): void;
}

/** Opens a channel. Nothing is called back before it returns; it throws when no attempt can be made at all. */
export type OpenChannel = (events: ChannelEvents) => Channel;
