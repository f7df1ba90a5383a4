/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In place of Electron's executable, where that cannot be had: an ELF file with Electron's fuse wire, so that
 * packaging can flip the fuses and read them back. The wire is the sentinel, a version, a count, and a
 * letter per fuse ('0' off, '1' on), in the order of FuseV1Options of @electron/fuses; these are the
 * letters that Electron ships with.
 */
#include <stdio.h>

__attribute__((used)) static const volatile char fuse_wire[] = "dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX"
							       "\001\011"
							       "101000011";

int main(void)
{
	fputs("This is a stand-in for Electron, made where its binary could not be downloaded.\n", stderr);
	return fuse_wire[0] == 'd' ? 1 : 2;
}
