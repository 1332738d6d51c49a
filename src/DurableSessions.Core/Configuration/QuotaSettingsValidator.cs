using Microsoft.Extensions.Options;

namespace DurableSessions.Core.Configuration;

/// <summary>Checks the bounds of <see cref="QuotaSettings"/> when a host starts.</summary>
[OptionsValidator]
internal sealed partial class QuotaSettingsValidator : IValidateOptions<QuotaSettings>;
