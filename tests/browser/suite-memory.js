// Bytes, no times: this may run while others do.

import { after } from 'node:test';
import { closeBrowser } from './page.js';
import './memory.test.js';

after(closeBrowser);
