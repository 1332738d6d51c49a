namespace DurableSessions.Semantics.Extractive;

/// <summary>Whose words a text is: it decides how much they weigh.</summary>
internal enum Speaker
{
    /// <summary>The person, whose wishes and facts count most.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,

    /// <summary>Neither: system texts, recalled context, what a tool printed.</summary>
    Background,
}
