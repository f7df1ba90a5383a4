// SPDX-License-Identifier: Apache-2.0
/** The native menu: the usual entries, by their roles. */
import { app, Menu, type MenuItemConstructorOptions } from 'electron';

export function setupMenu(): void {
  app.setAboutPanelOptions({
    applicationName: 'Emberscope',
    applicationVersion: app.getVersion(),
    copyright: 'Apache-2.0; the programs that run in the kernel: GPL-2.0-only OR BSD-2-Clause',
  });
  const entries: MenuItemConstructorOptions[] = [
    { label: '&File', submenu: [{ role: 'close' }, { type: 'separator' }, { role: 'quit' }] },
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
