// refused: (use of deleted function|call to implicitly-deleted copy constructor|deleted)
#include "ringtail/collect/session.h"

ringtail::Recorder twice(ringtail::Session& session) {
  const ringtail::Recorder recorder = session.recorder("worker");
  return ringtail::Recorder(recorder);
}
