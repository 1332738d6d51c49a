'use strict';
// The pages work without it: it shows times in the browser's own zone, asks before what cannot be taken back, and loads a page again when
// its host says that something of it has changed.
function enhance(root) {
  for (const time of root.querySelectorAll('time[datetime]')) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) {
      time.title = at.toLocaleString() + ' (' + time.title + ')';
    }
  }
  for (const form of root.querySelectorAll('form[data-confirm]')) {
    form.addEventListener('submit', event => {
      if (!window.confirm(form.dataset.confirm)) {
        event.preventDefault();
      }
    });
  }
}

// What each part of the page was, as the host has sent it.
const sent = new WeakMap();

// The token of a form is another each time, and says the same.
function textOf(part) {
  const copy = part.cloneNode(true);
  for (const token of copy.querySelectorAll('input[name=token]')) {
    token.remove();
  }
  return copy.outerHTML;
}

// By what a part is known again when others come and go: its id, or its kind and which of that kind it is.
function named(parts) {
  const names = new Map();
  for (const part of parts) {
    const kind = part.id ? '#' + part.id : part.tagName + '.' + part.className;
    let name = kind;
    for (let more = 2; names.has(name); more++) {
      name = kind + ' ' + more;
    }
    names.set(name, part);
  }
  return names;
}

// Each part that is another now takes the place of the one before. What is open stays open, the part in which the keyboard is stays as it
// is, and what was said of the last change stays until the page is left.
function replace(main, loaded) {
  const old = named([...main.children].filter(part => !part.matches('.notice')));
  const fresh = named(loaded.children);
  for (const [name, part] of old) {
    if (!fresh.has(name) && !part.contains(document.activeElement)) {
      part.remove();
    }
  }
  let before = main.querySelector(':scope > .notice');
  for (const [name, part] of fresh) {
    let now = old.get(name);
    if (!now) {
      now = document.importNode(part, true);
      before ? before.after(now) : main.prepend(now);
      note(now, now);
    } else if (sent.get(now) !== textOf(part) && !now.contains(document.activeElement)) {
      now = swap(now, part);
    }
    before = now;
  }
}

function note(part, fresh) {
  sent.set(part, textOf(fresh));
  enhance(part);
}

function swap(old, fresh) {
  const copy = document.importNode(fresh, true);
  for (const open of old.matches('details[open]') ? [old] : old.querySelectorAll('details[open][id]')) {
    const again = copy.id === open.id && copy.matches('details') ? copy : open.id ? copy.querySelector('#' + CSS.escape(open.id)) : null;
    if (again) {
      again.open = true;
    }
  }
  old.replaceWith(copy);
  note(copy, fresh);
  return copy;
}

// A browser connects again by itself where a connection ends, and not where the host has answered anything but 200.
const pause = 5000;

function live(main) {
  const notLive = document.getElementById('not-live');
  let source;
  let isAway;
  let loading = false;
  let missed = false;
  let old = false;
  let ended = false;
  let retry;

  function say(text) {
    clearTimeout(isAway);
    isAway = undefined;
    notLive.textContent = text;
    notLive.hidden = !text;
  }

  function away() {
    isAway ??= setTimeout(() => say(notLive.dataset.away), pause);
  }

  // What is shown is what the host has: it says what changes, and the last load of it was answered.
  function current() {
    if (!old && source.readyState === EventSource.OPEN) {
      say('');
    }
  }

  function connect() {
    if (ended) {
      return;
    }
    source = new EventSource(main.dataset.live);
    source.addEventListener('changed', load);
    source.addEventListener('open', current);
    source.addEventListener('error', () => {
      away();
      if (source.readyState === EventSource.CLOSED) {
        setTimeout(async () => {
          await load();
          connect();
        }, pause);
      }
    });
  }

  async function load() {
    clearTimeout(retry);
    if (ended) {
      return;
    }
    if (loading) {
      missed = true;
      return;
    }
    loading = true;
    let again = false;
    try {
      const address = new URL(location.href);
      address.searchParams.delete('said');
      const response = await fetch(address, { credentials: 'same-origin', headers: { Accept: 'text/html' } });
      const loaded = new DOMParser().parseFromString(await response.text(), 'text/html').querySelector('main');
      if (response.ok && loaded) {
        replace(main, loaded);
      } else if ([401, 403, 404].includes(response.status)) {
        ended = true;
        source.close();
        say(notLive.dataset.ended);
      } else {
        again = true;
      }
    } catch {
      again = true;
    }
    loading = false;
    old = again;
    if (!ended) {
      current();
    }
    if (again) {
      away();
      retry = setTimeout(load, pause);
    } else if (missed && !ended) {
      missed = false;
      load();
    }
  }

  connect();
}

const shown = document.querySelector('main[data-live]');
for (const part of shown ? shown.children : []) {
  sent.set(part, textOf(part));
}
enhance(document);
if (shown && window.EventSource) {
  live(shown);
}
