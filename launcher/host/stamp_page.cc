#include "launcher/host/stamp_page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "launcher/base/fd.h"

namespace frostbyte::host {

Result<StampPage> StampPage::create() {
  TempDir directory = TRY(TempDir::create());
  const std::string path = directory.path() / "stamps";
  const Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file || ::ftruncate(file.get(), sizeof(stamps::Stamps)) != 0) return system_failure("create", path);
  void* page = ::mmap(nullptr, sizeof(stamps::Stamps), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (page == MAP_FAILED) return system_failure("map", path);
  return StampPage(std::move(directory), static_cast<stamps::Stamps*>(page));
}

StampPage::~StampPage() {
  if (page_ != nullptr) ::munmap(page_, sizeof(stamps::Stamps));
}

OwnStamps StampPage::take() {
  OwnStamps taken{};
  for (std::size_t i = 0; i < stamps::kCount; ++i) {
    taken[i] = (*page_)[i];
    (*page_)[i] = 0;
  }
  return taken;
}

}  // namespace frostbyte::host
