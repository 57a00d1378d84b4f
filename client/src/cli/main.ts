#!/usr/bin/env node
/** `spillway`: the command line of Spillway. */

import { Command } from "commander";

const program = new Command("spillway").description("Exports of customer events and profiles: every row, once.");

await program.parseAsync();
