// SPDX-License-Identifier: Apache-2.0
/** The native menu: another window, and the usual entries by their roles. */
import { app, Menu, type MenuItemConstructorOptions } from 'electron';

/** @param openAnother another window on the same engine */
export function setupMenu(openAnother: () => void): void {
  app.setAboutPanelOptions({
    applicationName: 'Emberscope',
    applicationVersion: app.getVersion(),
    copyright: 'Apache-2.0; the programs that run in the kernel: GPL-2.0-only OR BSD-2-Clause',
  });
  const entries: MenuItemConstructorOptions[] = [
    {
      label: '&File',
      submenu: [
        { label: '&New Window', accelerator: 'CmdOrCtrl+N', click: () => openAnother() },
        { role: 'close' },
        { type: 'separator' },
        { role: 'quit' },
      ],
    },
    {
      label: '&Edit',
      submenu: [
        { role: 'undo' },
        { role: 'redo' },
        { type: 'separator' },
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
      ],
    },
    {
      label: '&View',
      submenu: [
        { role: 'reload' },
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
        { role: 'toggleDevTools' },
      ],
    },
    { label: '&Help', role: 'help', submenu: [{ role: 'about' }] },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(entries));
}
