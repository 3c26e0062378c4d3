global name: ref? string
