// Packs an address as the codec of its family does (pysock/families), for a platform of the list.
// `prove` compares it with what pysock itself made of the same addresses; tools/site/check.py calls it.
"use strict";

const packing = (() => {
  const fail = (text) => { throw new Error(text); };

  function number(text, most, what) {
    if (!/^\d+$/.test(String(text)) || Number(text) > most) fail(`${what} must be 0 to ${most}`);
    return Number(text);
  }

  function ipv4(text) {
    const found = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
    if (!found || found.slice(1).some((part) => Number(part) > 255 || /^0\d/.test(part))) {
      fail(`not an IPv4 address: ${text}`);
    }
    return found.slice(1).map(Number);
  }

  function ipv6(text) {
    const wrong = () => fail(`not an IPv6 address: ${text}`);
    const halves = text.split("::");
    if (halves.length > 2) wrong();
    const octets = (half, last) => {
      if (half === "") return [];
      const parts = half.split(":");
      return parts.flatMap((part, i) => {
        if (last && i === parts.length - 1 && part.includes(".")) return ipv4(part);
        if (!/^[0-9a-f]{1,4}$/i.test(part)) wrong();
        const value = parseInt(part, 16);
        return [value >> 8, value & 255];
      });
    };
    const head = octets(halves[0], halves.length === 1);
    const tail = halves.length === 2 ? octets(halves[1], true) : [];
    const gap = 16 - head.length - tail.length;
    if (halves.length === 1 ? gap !== 0 : gap < 2) wrong();
    return [...head, ...Array(gap).fill(0), ...tail];
  }

  function octetsOf(value, size, little) {
    const made = Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);
    return little ? made : made.reverse();
  }

  // The values of the members, each as bytes; an address is a list, or a path.
  function members(family, address, little) {
    if (family === "AF_INET") {
      const [host, port] = address;
      return { sin_port: octetsOf(number(port, 65535, "a port"), 2, false), sin_addr: ipv4(host) };
    }
    if (family === "AF_INET6") {
      const [host, port, flow = 0, scope = 0] = address;
      return {
        sin6_port: octetsOf(number(port, 65535, "a port"), 2, false),
        sin6_flowinfo: octetsOf(number(flow, 0xfffff, "flowinfo"), 4, false),
        sin6_addr: ipv6(host),
        sin6_scope_id: octetsOf(number(scope, 0xffffffff, "scope_id"), 4, little),
      };
    }
    return { sun_path: [...new TextEncoder().encode(address)] };
  }

  // [[member, its bytes], …] in the order of memory
  function pack(platform, family, address) {
    const struct = platform.structs[family];
    const given = members(family, address, platform.little);
    let size = struct.size;
    if (family === "AF_UNIX") {
      const room = struct.fields[struct.fields.length - 1][2];
      const abstract = platform.abstract && (address === "" || address[0] === "\0");
      if (!abstract) given.sun_path.push(0);
      if (given.sun_path.length > room) fail(`a path has at most ${room} bytes here`);
      size = 2 + given.sun_path.length;
    }
    const made = [];
    let at = 0;
    for (const [name, start, length] of struct.fields) {
      if (start < at || start >= size) continue;
      if (start > at) made.push(["padding", Array(start - at).fill(0)]);
      let octets = given[name] || Array(length).fill(0);
      if (/_len$/.test(name) && start === 0) octets = [size];
      if (/_family$/.test(name)) octets = octetsOf(struct.number, length, platform.little);
      made.push([name, octets]);
      at = start + octets.length;
    }
    if (at < size) made.push(["padding", Array(size - at).fill(0)]);
    return made;
  }

  const hex = (octets) => octets.map((each) => each.toString(16).padStart(2, "0"));

  function prove(data) {
    const wrong = data.proofs.filter(([family, address, target, expected]) => {
      const made = pack(data.platforms[target], family, address);
      return hex(made.flatMap(([, octets]) => octets)).join("") !== expected;
    });
    return wrong.map((each) => each.join(" "));
  }

  function draw(made) {
    const cells = made.flatMap(([name, octets], i) =>
      octets.map((octet, at) => ({ octet, name, at, last: octets.length, colour: name === "padding" ? "pad" : `m${i % 6}` })));
    const table = document.createElement("table");
    for (let start = 0; start < cells.length; start += 8) {
      const row = table.insertRow();
      const head = document.createElement("th");
      head.textContent = start;
      row.append(head);
      let before = null;
      for (const cell of cells.slice(start, start + 8)) {
        if (before && before.name === cell.name && before.colour === cell.colour) {
          before.node.colSpan += 1;
          before.node.firstChild.textContent += ` ${hex([cell.octet])[0]}`;
          continue;
        }
        const node = row.insertCell();
        node.className = cell.colour;
        const octet = document.createElement("b");
        octet.textContent = hex([cell.octet])[0];
        const name = document.createElement("span");
        name.textContent = cell.at === 0 ? cell.name.replace(/^(sin6?|sun)_/, "") : "";
        node.append(octet, name);
        node.title = cell.name;
        before = { ...cell, node };
      }
    }
    return table;
  }

  function start(form, data) {
    const field = (name) => form.elements[name];
    const show = () => {
      const family = field("family").value;
      for (const each of form.querySelectorAll("[data-for]")) {
        each.hidden = !each.dataset.for.split(" ").includes(family);
      }
      const out = form.querySelector("figure");
      const said = form.querySelector("[data-said]");
      out.querySelectorAll("table").forEach((each) => each.remove());
      const platform = data.platforms[field("platform").value];
      const host = field("host").value.trim();
      const port = field("port").value.trim();
      const address = { AF_INET: [host, port], AF_INET6: [host, port, field("flow").value, field("scope").value],
        AF_UNIX: field("path").value.replace(/\\0/g, "\0") }[family];
      try {
        const made = pack(platform, family, address);
        const octets = made.flatMap(([, each]) => each);
        const shown = family === "AF_UNIX" ? JSON.stringify(address) : `("${host}", ${address.slice(1).join(", ")})`;
        said.textContent = `families.pack("${family}", ${shown}, platform="${field("platform").value}")`;
        out.querySelector("figcaption").textContent = `struct ${platform.structs[family].name}: ${octets.length} bytes`;
        out.append(draw(made));
      } catch (error) {
        said.textContent = "";
        out.querySelector("figcaption").textContent = error.message;
      }
    };
    for (const [target, platform] of Object.entries(data.platforms)) {
      field("platform").add(new Option(`${platform.label} (${target})`, target));
    }
    field("family").addEventListener("change", () => {
      const host = { AF_INET: "192.0.2.1", AF_INET6: "2001:db8::1" }[field("family").value];
      if (host) field("host").value = host;
    });
    form.addEventListener("input", show);
    form.addEventListener("change", show);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    show();
  }

  return { pack, prove, start };
})();

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("packing");
  if (!form) return;
  const data = JSON.parse(document.getElementById("packing-data").textContent);
  packing.start(form, data);
  if (location.hash === "#prove") {
    const wrong = packing.prove(data);
    document.title = wrong.length ? `wrong: ${wrong.slice(0, 3).join("; ")}` : `proved: ${data.proofs.length}`;
  }
});
