// mock-socket's main is UMD, which a browser cannot import; its ES module has no types of its own.
declare module 'mock-socket/dist/mock-socket.es.mjs' {
  export { Server, WebSocket } from 'mock-socket';
}
