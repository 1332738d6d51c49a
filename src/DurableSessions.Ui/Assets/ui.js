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

// Each part that is another now takes the place of the one before. What is open stays open, and the part in which the keyboard is stays as
// it is.
function replace(main, loaded) {
  const parts = [...main.children];
  [...loaded.children].forEach((fresh, at) => {
    const old = parts[at];
    if (!old) {
      const copy = document.importNode(fresh, true);
      main.append(copy);
      note(copy);
    } else if (sent.get(old) !== fresh.outerHTML && !old.contains(document.activeElement)) {
      swap(old, fresh);
    }
  });
  for (const old of parts.slice(loaded.children.length)) {
    if (!old.contains(document.activeElement)) {
      old.remove();
    }
  }
}

function note(part) {
  sent.set(part, part.outerHTML);
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
  note(copy);
}

function live(main) {
  const source = new EventSource(main.dataset.live);
  let loading = false;
  let missed = false;
  async function load() {
    if (loading) {
      missed = true;
      return;
    }
    loading = true;
    try {
      const address = new URL(location.href);
      address.searchParams.delete('said');
      const response = await fetch(address, { credentials: 'same-origin', headers: { Accept: 'text/html' } });
      const loaded = new DOMParser().parseFromString(await response.text(), 'text/html').querySelector('main');
      if (response.ok && loaded) {
        replace(main, loaded);
      } else if (!response.ok) {
        source.close();
      }
    } catch {
      // The host is away: its events come again when it is back.
    }
    loading = false;
    if (missed) {
      missed = false;
      load();
    }
  }
  source.addEventListener('changed', load);
}

const shown = document.querySelector('main[data-live]');
for (const part of shown ? shown.children : []) {
  sent.set(part, part.outerHTML);
}
enhance(document);
if (shown && window.EventSource) {
  live(shown);
}
