// Socket.IO's official tutorial, its last step (a unique client offset, stored, broadcast, acknowledged; what one missed is sent after a reconnect),
// with the settings that its performance page advises: WebSocket only, no compression, the request dropped after the handshake, bufferutil;
// SQLite in WAL with synchronous=NORMAL and prepared statements. It knows no users and checks nobody. `node server.js PORT FILE`.
import { createServer } from 'node:http';
import Database from 'better-sqlite3';
import { Server } from 'socket.io';

const [port, file] = process.argv.slice(2);

const db = new Database(file);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = NORMAL');
db.exec(`CREATE TABLE IF NOT EXISTS messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT, room TEXT NOT NULL, client_offset TEXT UNIQUE, content TEXT NOT NULL)`);
db.exec('CREATE INDEX IF NOT EXISTS by_room ON messages (room, id)');
const insert = db.prepare('INSERT INTO messages (room, content, client_offset) VALUES (?, ?, ?)');
const missed = db.prepare('SELECT id, content FROM messages WHERE room = ? AND id > ? ORDER BY id');

const http = createServer();
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false, serveClient: false });

io.engine.on('connection', (raw) => {
  raw.room = /room=([\w-]+)/.exec(raw.request.headers.cookie)[1];
  raw.request = null;
});

io.on('connection', (socket) => {
  const { room } = socket.conn;
  socket.join(room);
  socket.on('chat message', (to, content, clientOffset, acknowledge) => {
    let stored;
    try {
      stored = insert.run(to, content, clientOffset);
    } catch (error) {
      if (error.code === 'SQLITE_CONSTRAINT_UNIQUE') acknowledge(); // a retry: it is stored
      return;
    }
    io.to(to).emit('chat message', content, stored.lastInsertRowid);
    acknowledge();
  });
  for (const row of missed.iterate(room, socket.handshake.auth.serverOffset ?? 0)) {
    socket.emit('chat message', row.content, row.id);
  }
});

http.listen(Number(port), '127.0.0.1', 4096);
