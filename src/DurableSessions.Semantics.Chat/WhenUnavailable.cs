namespace DurableSessions.Semantics.Chat;

/// <summary>What happens to a digest while the model is known to be away.</summary>
public enum WhenUnavailable
{
    /// <summary>It fails at once, so that the built-in digest stands in, or the task fails, as its policy says.</summary>
    FallBack,

    /// <summary>It waits until the model is asked again, as long as an attempt at a digest may take.</summary>
    Wait,
}
