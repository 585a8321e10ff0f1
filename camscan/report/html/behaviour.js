"use strict";
(() => {
  const table = document.getElementById("device-table");
  if (!table) return;
  const devices = Array.from(table.tBodies);
  const chips = Array.from(document.querySelectorAll(".chip"));
  const filter = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const texts = new Map();

  const textOf = (device) => {
    if (!texts.has(device)) texts.set(device, device.rows[0].textContent.toLowerCase());
    return texts.get(device);
  };

  const show = () => {
    const words = filter.value.toLowerCase().split(" ").filter(Boolean);
    const wanted = new Set(chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset.v));
    for (const device of devices) {
      device.hidden = !(wanted.has(device.dataset.v) && words.every((word) => textOf(device).includes(word)));
    }
    count();
  };

  const count = () => {
    const seen = devices.filter((device) => !device.hidden).length;
    shown.textContent = seen === devices.length ? "" : `${seen} of ${devices.length} devices are shown`;
  };

  const order = devices.map((device, place) => [device, place]);
  const places = new Map(order);
  const keyOf = {
    verdict: (device) => places.get(device),
    place: (device) => Number(device.dataset.p),
    text: (device, column) => device.rows[0].cells[column].textContent,
  };

  const sortBy = (heading, column) => {
    const falling = heading.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const keys = new Map(devices.map((device) => [device, keyOf[heading.dataset.sort](device, column)]));
    const compare = heading.dataset.sort === "text" ? collator.compare : (one, other) => one - other;
    const sorted = devices.slice().sort((one, other) => compare(keys.get(one), keys.get(other)) || places.get(one) - places.get(other));
    if (falling) sorted.reverse();
    table.append(...sorted);
  };

  Array.from(table.tHead.rows[0].cells).forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    button.addEventListener("click", () => sortBy(heading, column));
    heading.replaceChildren(button);
    if (heading.dataset.sort === "verdict") heading.setAttribute("aria-sort", "ascending");
  });

  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      show();
    });
  }
  filter.addEventListener("input", show);

  const openAll = (open) => {
    for (const device of devices) {
      const chain = device.hidden ? null : device.querySelector(".more details");
      if (chain) chain.open = open;
    }
  };
  document.getElementById("open-all").addEventListener("click", () => openAll(true));
  document.getElementById("close-all").addEventListener("click", () => openAll(false));

  const open = (target) => {
    const device = devices.find((one) => `#${one.id}` === target);
    if (!device) return;
    device.hidden = false;
    count();
    const chain = device.querySelector(".more details");
    if (chain) chain.open = true;
  };
  addEventListener("hashchange", () => open(location.hash));
  // A link to where the address points already changes no hash.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#d"]');
    if (link) open(link.getAttribute("href"));
  });
  open(location.hash);
  document.getElementById("controls").hidden = false;
})();
