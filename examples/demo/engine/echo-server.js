// An echo server on the callback API: every byte goes back, one read or write at a time, so that a client that does
// not read is not read from either.

export const ECHO_ADDRESS = "127.0.0.1:7";

export function startEcho(lab, address = ECHO_ADDRESS) {
  const { engine } = lab;
  const accepted = (endpoint) => {
    const buffer = engine.createSliceBuffer();
    const end = () => {
      endpoint.destroy();
      buffer.destroy();
    };
    const onRead = lab.counted((status) => (status.ok ? endpoint.write(onWritten, buffer) : end()));
    const onWritten = lab.counted((status) => (status.ok ? endpoint.read(onRead, buffer) : end()));
    endpoint.read(onRead, buffer);
  };
  const listener = engine.createListener(lab.counted(accepted), () => {});
  listener.bind(address);
  listener.start();
  return listener;
}
