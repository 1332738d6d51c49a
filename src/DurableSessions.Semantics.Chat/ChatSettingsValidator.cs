using Microsoft.Extensions.Options;

namespace DurableSessions.Semantics.Chat;

/// <summary>Checks the bounds of <see cref="ChatSettings"/> when a host starts.</summary>
[OptionsValidator]
internal sealed partial class ChatSettingsValidator : IValidateOptions<ChatSettings>;
