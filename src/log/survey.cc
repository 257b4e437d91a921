#include "log/survey.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "log/extent_mark.h"

namespace clew::log {
namespace {

void MoveTo(std::vector<Damage>& all, std::vector<Damage> more) {
  std::ranges::move(more, std::back_inserter(all));
}

}  // namespace

std::string ConsumersIn(const std::string& directory) { return directory + "/consumers"; }

Result<Survey> SurveyLog(FileSystem& files, const std::string& directory, Checkpoints& checkpoints,
                         SegmentSet& segments) {
  Survey survey;
  // Before the segments: a server that appends must not seem to have lost what it wrote since.
  ASSIGN_OR_RETURN(survey.damages, checkpoints.Load());
  ASSIGN_OR_RETURN(survey.identity, ReadIdentityFile(files, directory, survey.damages));
  ASSIGN_OR_RETURN(const auto extent, ExtentMark::Read(files, directory, survey.damages));
  survey.end = std::max(extent ? extent->end : 0, checkpoints.Greatest());
  SegmentSet::Knowledge known{
      .salt = survey.identity ? std::optional(survey.identity->salt) : std::nullopt,
      .begin = checkpoints.least_found(),
      .first_base = extent ? std::optional(extent->begin) : std::nullopt,
      .end = survey.end,
      .is_end_marked = extent.has_value()};
  ASSIGN_OR_RETURN(survey.loaded, segments.Load(files, directory, known));
  std::vector<Damage> missing = segments.FindMissing(directory, known);
  if (!missing.empty()) {
    // Or a server deleted it, since its consumers were done with it meanwhile.
    TRY(checkpoints.Load());
    known.begin = checkpoints.least_found();
    missing = segments.FindMissing(directory, known);
  }
  MoveTo(survey.damages, std::exchange(survey.loaded.damages, {}));
  MoveTo(survey.damages, std::move(missing));
  return survey;
}

}  // namespace clew::log
