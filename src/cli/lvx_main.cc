#include <string>
#include <vector>

#include "cli/run.hh"

int main(int count, char** words) { return lvx::cli::run(std::vector<std::string>(words, words + count)); }
