// A model's server that answers at once, in a thread of its own: the floor that the gateway is measured on.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort } from "node:worker_threads";

const words = 200;
const piece = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    let left = words;
    const next = () => {
      if (left-- === 0) response.end(`${piece({}, "stop")}data: [DONE]\n\n`);
      else {
        response.write(piece({ content: "word " }));
        setTimeout(next, left % 20 === 0 ? 1 : 0);
      }
    };
    next();
  });
});
server.listen(0, "127.0.0.1", () => parentPort?.postMessage((server.address() as AddressInfo).port));
