/* A program in C: arguments, environment, formatted output, the heap, and an exit code. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        printf("%d: %s\n", i, argv[i]);
    }
    const char *place = getenv("PLACE");
    printf("PLACE is %s\n", place ? place : "unknown");

    size_t size = 1 << 20;
    char *block = malloc(size);
    if (block == NULL) {
        fprintf(stderr, "no memory\n");
        return 2;
    }
    memset(block, 'x', size);
    printf("%.3f MiB end with %c\n", (double)size / (1 << 20), block[size - 1]);
    free(block);

    char line[64];
    while (fgets(line, sizeof line, stdin) != NULL) {
        printf("read %s", line);
    }
    fprintf(stderr, "leaving\n");
    return argc > 1 ? 7 : 0;
}
