// Writes the seeds of frame_fuzz: one right frame of every kind.  Argument: the folder to write into.
#include <cstdio>
#include <fstream>
#include <string>

#include "tests/support/right_frames.hh"

int main(int count, char** words) {
    if (count != 2) {
        std::fputs("usage: frame_corpus FOLDER\n", stderr);
        return 2;
    }
    for (const auto& [name, bytes] : lvx::test::right_frames()) {
        std::ofstream out(std::string(words[1]) + "/" + name, std::ios::binary);
        out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        if (!out) return 1;
    }
    return 0;
}
