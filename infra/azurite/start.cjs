// Runs Azurite's blob service for as long as the process that started it lives, and ends it cleanly in every case.
//
// Azurite saves its metadata lazily: killed hard, it forgets writes it has acknowledged. So it must outlive the signals that
// a terminal sends to a whole process group, must not be hurt by a second SIGTERM, and must notice the death of its parent,
// which is the end of its standard input on every system.
'use strict';

for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM']) {
  process.on(signal, () => {});
}

// Azurite would close on SIGINT too, while its parent still answers requests.
const once = process.once;
process.once = (event, listener) => (event === 'SIGINT' ? process : once.call(process, event, listener));

let begun = false;
const input = process.stdin;
input.on('data', () => {
  // The parent has noted our process id: whoever comes next knows that this folder is in use.
  if (!begun) {
    begun = true;
    require('./loki.cjs');
    require('azurite/dist/src/blob/main.js');
    input.unref();
  }
});

let ended = false;
const close = (attemptsLeft) => {
  if (process.listenerCount('SIGTERM') > 1) {
    process.emit('SIGTERM');
  } else if (begun && attemptsLeft > 0) {
    // Azurite listens for the signal once it has opened its files.
    setTimeout(close, 50, attemptsLeft - 1);
  } else {
    process.exit(1);
  }
};
const end = () => {
  if (!ended) {
    ended = true;
    close(400);
  }
};
input.on('end', end);
input.on('error', end);
