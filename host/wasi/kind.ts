// What kind of resource a handle means. A small integer, so that checking a handle is one compare in a flat array.

export enum Kind {
  Free = 0,
  Pollable,
  IoError,
  InputStream,
  OutputStream,
  Network,
  TcpSocket,
  ResolveAddressStream,
  UdpSocket,
  IncomingDatagramStream,
  OutgoingDatagramStream,
  TerminalInput,
  TerminalOutput,
  /** Nothing is ever of these two kinds: no guest is given a file. */
  Descriptor,
  DirectoryEntryStream,
  /** Defined by a component of the guest, not by WASI. */
  GuestResource,
}
