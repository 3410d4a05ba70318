// The same server as server.js, in several processes on PostgreSQL: each listens on a port of its own (WebSocket only, so no stickiness is needed), and
// an adapter carries between them what is said. `node scale.js PORT PROCESSES redis|cluster DATABASE_URL REDIS_URL`. One process needs no adapter.
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { createAdapter as clusterAdapter, setupPrimary } from '@socket.io/cluster-adapter';
import { createAdapter as redisAdapter } from '@socket.io/redis-adapter';
import pg from 'pg';
import { createClient } from 'redis';
import { Server } from 'socket.io';

const [port, processes, adapter, database, broker] = process.argv.slice(2);
const TABLE = `CREATE TABLE IF NOT EXISTS board (
  id BIGSERIAL PRIMARY KEY, room TEXT NOT NULL, client_offset TEXT UNIQUE, content TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS by_room ON board (room, id)`;
const INSERT = { name: 'insert', text: 'INSERT INTO board (room, content, client_offset) VALUES ($1, $2, $3) RETURNING id' };
const MISSED = { name: 'missed', text: 'SELECT id, content FROM board WHERE room = $1 AND id > $2 ORDER BY id' };
const RETRY = '23505'; // unique_violation

async function carrier() {
  if (Number(processes) === 1) return {};
  if (adapter === 'cluster') return { adapter: clusterAdapter() };
  const publisher = createClient({ url: broker });
  const subscriber = publisher.duplicate();
  await Promise.all([publisher.connect(), subscriber.connect()]);
  return { adapter: redisAdapter(publisher, subscriber) };
}

async function serve(number) {
  const db = new pg.Pool({ connectionString: database, max: 10 });
  const http = createServer();
  const options = { transports: ['websocket'], perMessageDeflate: false, serveClient: false };
  const io = new Server(http, { ...options, ...(await carrier()) });

  io.engine.on('connection', (raw) => {
    raw.room = /room=([\w-]+)/.exec(raw.request.headers.cookie)[1];
    raw.request = null;
  });

  io.on('connection', async (socket) => {
    const { room } = socket.conn;
    socket.join(room);
    socket.on('chat message', async (to, content, clientOffset, acknowledge) => {
      let stored;
      try {
        stored = await db.query({ ...INSERT, values: [to, content, clientOffset] });
      } catch (error) {
        if (error.code === RETRY) acknowledge(); // it is stored
        return;
      }
      io.to(to).emit('chat message', content, stored.rows[0].id);
      acknowledge();
    });
    const { rows } = await db.query({ ...MISSED, values: [room, socket.handshake.auth.serverOffset ?? 0] });
    for (const row of rows) socket.emit('chat message', row.content, row.id);
  });

  http.listen({ port: Number(port) + number, host: '127.0.0.1', backlog: 4096, exclusive: true });
}

if (cluster.isPrimary) {
  const db = new pg.Client(database);
  await db.connect();
  await db.query(TABLE);
  await db.end();
  cluster.setupPrimary({ serialization: 'advanced' });
  if (adapter === 'cluster') setupPrimary();
  for (let number = 0; number < Number(processes); number++) cluster.fork({ NUMBER: number });
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGKILL');
    process.exit();
  });
} else {
  await serve(Number(process.env.NUMBER));
}
