"use strict";
// The check that an address leads to is opened. Everything else works without a script.
{
  const open = () => {
    const check = document.getElementById(location.hash.slice(1));
    if (check instanceof HTMLDetailsElement) {
      check.open = true;
      check.scrollIntoView();
    }
  };
  addEventListener("hashchange", open);
  open();
}
