// All in one process, one after the other: they measure, and would disturb each other.

import { after } from 'node:test';
import { closeBrowser } from './page.js';
import './picture.test.js';
import './live.test.js';
import './control.test.js';
import './trouble.test.js';
import './report.test.js';

after(closeBrowser);
