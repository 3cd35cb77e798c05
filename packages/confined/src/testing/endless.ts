// Never looks at anything again.
for (;;);
