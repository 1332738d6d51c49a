using Microsoft.Extensions.Options;

namespace DurableSessions.Http.Limits;

/// <summary>Checks the bounds of <see cref="HttpLimits"/> when a host starts.</summary>
[OptionsValidator]
internal sealed partial class HttpLimitsValidator : IValidateOptions<HttpLimits>;
