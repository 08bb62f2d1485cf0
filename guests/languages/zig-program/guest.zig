// A program in Zig, compiled by a script of the suite (`toolchains/zig.sh`); of its standard library it has the start only.

const Slice = extern struct { start: [*]const u8, length: usize };

extern "wasi_snapshot_preview1" fn fd_write(fd: i32, slices: [*]const Slice, count: usize, written: *usize) u16;
extern "wasi_snapshot_preview1" fn random_get(start: [*]u8, length: usize) u16;

fn print(text: []const u8) bool {
    var written: usize = 0;
    const slice = Slice{ .start = text.ptr, .length = text.len };
    return fd_write(1, @ptrCast(&slice), 1, &written) == 0 and written == text.len;
}

pub fn main() u8 {
    var bytes: [4]u8 = @splat(0);
    if (random_get(&bytes, bytes.len) != 0) return 2;
    var text = "random: ........\n".*;
    for (bytes, 0..) |byte, index| {
        text[8 + 2 * index] = "0123456789abcdef"[byte >> 4];
        text[9 + 2 * index] = "0123456789abcdef"[byte & 15];
    }
    return if (print("written in Zig\n") and print(&text)) 5 else 1;
}
